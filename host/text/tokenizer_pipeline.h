// SPDX-License-Identifier: MIT
// The members of a tokenizer.json around its model: normalizer, pre_tokenizer, post_processor and
// decoder.
#pragma once
#include "host/text/json_place.h"
#include "host/text/tokenizer_file.h"

namespace tessera::host {

/// UserError for what is not implemented.
TokenizerPipeline read_pipeline(const JsonPlace& root);

}  // namespace tessera::host
