# SPDX-License-Identifier: MIT
"""Does every file exist that the pages of this script name? In pictures, and in `code` of pages."""
import re

from . import boxes

PAGES = ("README.md", "CONTRIBUTING.md", "docs/README.md", "docs/architecture.md",
         "docs/glossary.md")
TOPS = r"(?:spec|hw_model|rtl|firmware|host|configs|tests|scripts|cmake|docs|\.ci)/"


def missing(root):
    """(number of names looked up, "page: name" of those that do not exist)"""
    names = [("docs/pictures", name) for svg in boxes.write().values() for name in boxes.named(svg)]
    for page in PAGES:
        if not (root / page).is_file():
            names.append(("scripts/pictures", page))
            continue
        for code in re.findall(r"`([^`\n]+)`", (root / page).read_text()):
            if re.fullmatch(TOPS + r"[\w./*-]*", code):
                names.append((page, code))
    lost = [f"{page}: {name}" for page, name in names if not exists(root, name)]
    return len(names), lost


def exists(root, name):
    return any(root.glob(name)) if "*" in name else (root / name).exists()
