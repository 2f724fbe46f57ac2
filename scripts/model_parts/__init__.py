# SPDX-License-Identifier: MIT
"""What scripts/fetch_model gets: each model says where it comes from and how it is converted."""
from . import moonshine, sentence_encoder

MODELS = {model.name: model for model in (moonshine.MODEL, sentence_encoder.MODEL)}
