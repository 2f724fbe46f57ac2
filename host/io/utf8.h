// SPDX-License-Identifier: MIT
// UTF-8 to code points and back. What is no UTF-8 becomes U+FFFD, one for each longest beginning
// of a character and one for each other byte, as browsers do it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace tessera::host {

inline constexpr char32_t kReplacement = 0xfffd;

/// Takes text in pieces that may end in the middle of a character.
class Utf8Decoder {
  public:
    /// Appends to `out` what is whole with these bytes.
    void append(std::string_view bytes, std::u32string& out);
    /// The text ends here: what waits for the rest of a character becomes U+FFFD.
    void finish(std::u32string& out);
    /// How often something was replaced.
    uint64_t replaced() const { return replaced_; }

  private:
    void replace(std::u32string& out);
    void begin_character(uint8_t byte, std::u32string& out);

    char32_t code_point_ = 0;
    int missing_ = 0;                                  ///< bytes until it is whole
    uint8_t least_ = kFirstOther, most_ = kLastOther;  ///< what the next of these may be
    uint64_t replaced_ = 0;

    static constexpr uint8_t kFirstOther = 0x80, kLastOther = 0xbf;
};

/// The whole of `text`.
std::u32string decode_utf8(std::string_view text);
bool is_utf8(std::string_view text);
/// Appends a code point.
void append_utf8(char32_t code_point, std::string& out);
std::string encode_utf8(std::u32string_view text);

}  // namespace tessera::host
