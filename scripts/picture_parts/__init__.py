# SPDX-License-Identifier: MIT
"""What scripts/pictures writes: each part gives files by name, as text."""
