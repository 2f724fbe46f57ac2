// SPDX-License-Identifier: MIT
// The regular expressions by which byte-level tokenizers cut a text before they merge bytes, as
// functions over code points. \s is Unicode's White_Space; \p{L} and \p{N} are the general
// categories as libutf8proc has them. Every character belongs to some match, so the matches, one
// behind the other, are the whole text.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>

namespace tessera::host {

/// Code points of the first match of a pattern, which begins where `rest`, not empty, begins. A
/// look-ahead sees the end of `rest` as the end of the text. Linear in what it matches.
using PreTokenMatcher = size_t (*)(std::u32string_view rest);

size_t match_gpt2(std::u32string_view rest);
size_t match_llama3(std::u32string_view rest);
size_t match_qwen2(std::u32string_view rest);

struct PreTokenPattern {
    const char* model;  ///< that brought it
    const char* regex;  ///< as files have it
    PreTokenMatcher match;
};

inline constexpr std::array<PreTokenPattern, 3> kPreTokenPatterns = {{
    {"GPT-2", R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
     match_gpt2},
    {"Llama 3",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3})"
     R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     match_llama3},
    {"Qwen2",
     R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N})"
     R"(| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
     match_qwen2},
}};

}  // namespace tessera::host
