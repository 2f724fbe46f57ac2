// SPDX-License-Identifier: MIT
// Text from the tokens of a byte-fallback vocabulary, such as LLaMA's and Moonshine's, as they
// come. A piece <0xHH> is a byte, which may be part of a character; U+2581 is a space; one space at
// the very beginning is left out. The tokens that begin and end a text have none.
#pragma once
#include <cstdint>
#include <string>

#include "host/io/utf8.h"
#include "host/text/vocabulary.h"

namespace tessera::host {

inline constexpr uint32_t kBeginToken = 1, kEndToken = 2;

class TokenText {
  public:
    /// The vocabulary must outlive it.
    explicit TokenText(const Vocabulary& vocabulary) : vocabulary_(vocabulary) {}

    /// The text that is whole with this token, in UTF-8: nothing while a character waits for its
    /// last byte. UserError for a token that the vocabulary does not have.
    std::string append(uint32_t token);
    /// The text ends here: U+FFFD if a character still waits. Another text may follow.
    std::string finish();

  private:
    std::string text_of(const std::u32string& characters);

    const Vocabulary& vocabulary_;
    Utf8Decoder decoder_;
    bool at_begin_ = true;
};

}  // namespace tessera::host
