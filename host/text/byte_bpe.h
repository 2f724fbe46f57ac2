// SPDX-License-Identifier: MIT
// Text to tokens and back by a tokenizer.json of the byte-level BPE kind, as the library
// `tokenizers` does it: added tokens are taken out, the text between them is normalised and cut by
// a pattern, and the bytes between two cuts are merged.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/io/utf8.h"
#include "host/text/added_tokens.h"
#include "host/text/byte_pair_merger.h"
#include "host/text/tokenizer_file.h"

namespace tessera::host {

class ByteBpeTokenizer {
  public:
    /// Reads the file `path`. UserError for what is broken, or not implemented.
    explicit ByteBpeTokenizer(const std::string& path);
    explicit ByteBpeTokenizer(TokenizerFile file);

    /// The tokens of a text in UTF-8; what is none is read as U+FFFD. The file's template puts its
    /// tokens in front, such as <|begin_of_text|>, in front of no text too. An added token becomes
    /// its number wherever the text has it, special ones too.
    std::vector<uint32_t> encode(std::string_view text) const;

    /// What a token stands for; not always whole characters. UserError for a token that the
    /// vocabulary does not have.
    const std::string& bytes_of(uint32_t token) const { return entry(token).bytes; }
    /// Does a token stand for no text, such as <|endoftext|>? UserError likewise.
    bool is_special(uint32_t token) const { return entry(token).is_special; }
    bool has(uint32_t token) const;
    /// The highest token and one. Numbers between tokens may be none.
    uint32_t size() const { return static_cast<uint32_t>(entries_.size()); }
    /// The name of the file.
    const std::string& file() const { return file_; }

  private:
    const TokenEntry& entry(uint32_t token) const;
    /// These append the tokens of a text without added tokens that are not normalised; of a text
    /// without any; of what is between two cuts.
    void encode_section(std::string_view text, std::vector<uint32_t>& out) const;
    void encode_plain(std::string_view text, std::vector<uint32_t>& out) const;
    void encode_pre_token(std::string_view bytes, std::vector<uint32_t>& out) const;

    std::string file_;
    std::vector<TokenEntry> entries_;
    TokenizerPipeline pipeline_;
    BytePairMerger merger_;
    AddedTokens added_, normalized_;  ///< looked for before and after normalisation
    std::array<uint32_t, 256> byte_tokens_{};
    std::unordered_map<std::string, uint32_t> whole_;  ///< tokens that are not merged, by bytes
};

/// Text from tokens as they come.
class ByteBpeText {
  public:
    /// The tokenizer must outlive it.
    explicit ByteBpeText(const ByteBpeTokenizer& tokenizer) : tokenizer_(tokenizer) {}

    /// The text that is whole with this token, in UTF-8: nothing while a character waits for its
    /// last byte, nothing of a special token. UserError for a token that the vocabulary does not
    /// have.
    std::string append(uint32_t token);
    /// The text ends here: U+FFFD if a character still waits. Another text may follow.
    std::string finish();

  private:
    const ByteBpeTokenizer& tokenizer_;
    Utf8Decoder decoder_;
};

}  // namespace tessera::host
