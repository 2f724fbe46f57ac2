// SPDX-License-Identifier: MIT
// tokenizer.json, the file of Hugging Face's library `tokenizers`, of the byte-level BPE kind: that
// of GPT-2, Llama 3, Qwen2. What is not implemented is refused, so that tokens are never others
// than the library gives. `truncation` and `padding` are not looked at: who loads a tokenizer sets
// them.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "host/text/byte_pair_merger.h"
#include "host/text/pre_tokens.h"

namespace tessera::host {

/// Tokens are less than this.
inline constexpr uint32_t kMaxTokens = 1u << 20;

/// A token of the file, or a number between tokens that is none.
struct TokenEntry {
    std::string bytes;
    bool exists = false;
    bool is_piece = false;    ///< can come from bytes
    bool is_special = false;  ///< stands for no text
};

/// A text that is a token wherever it stands.
struct AddedToken {
    std::string text;
    uint32_t token = 0;
    bool is_special = false;
    bool is_normalized = false;  ///< looked for after normalisation, not before
};

/// How a text becomes pieces, and what is put around their tokens.
struct TokenizerPipeline {
    bool nfc = false;                       ///< the text is normalised
    bool prefix_space = false;              ///< a text gets a space in front if it has none there
    std::vector<PreTokenMatcher> matchers;  ///< each cuts what the one before has cut
    std::vector<uint32_t> leading;          ///< tokens in front of all others
};

struct TokenizerFile {
    std::string file;                 ///< for messages
    std::vector<TokenEntry> entries;  ///< by token; each byte is a piece
    std::vector<BytePair> pairs;      ///< by rank
    bool ignore_merges = false;       ///< a text between two cuts that is a piece is one token
    std::vector<AddedToken> added;
    TokenizerPipeline pipeline;
};

/// Parses the whole of `text`; `file` is its name in messages. UserError for what is broken, or not
/// implemented.
TokenizerFile parse_tokenizer(const std::string& file, std::string_view text);

/// The same of the file `path`.
TokenizerFile read_tokenizer(const std::string& path);

}  // namespace tessera::host
