// SPDX-License-Identifier: MIT
#include "host/text/pre_tokens.h"

#include <utf8proc.h>

#include <algorithm>

namespace tessera::host {
namespace {

enum class CharacterClass { kLetter, kNumber, kSpace, kOther };

/// Unicode's property White_Space.
bool is_space(char32_t c) {
    return (c >= 0x9 && c <= 0xd) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 ||
           (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 || c == 0x202f ||
           c == 0x205f || c == 0x3000;
}

CharacterClass class_of(char32_t c) {
    if (is_space(c)) return CharacterClass::kSpace;
    switch (utf8proc_category(static_cast<utf8proc_int32_t>(c))) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO: return CharacterClass::kLetter;
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_NL:
        case UTF8PROC_CATEGORY_NO: return CharacterClass::kNumber;
        default: return CharacterClass::kOther;
    }
}

bool is_line_end(char32_t c) { return c == U'\r' || c == U'\n'; }

/// Characters of one class that stand together from `begin` on, at most `most`.
size_t run_of(CharacterClass wanted, std::u32string_view text, size_t begin,
              size_t most = std::u32string_view::npos) {
    size_t end = begin;
    while (end < text.size() && end - begin < most && class_of(text[end]) == wanted) ++end;
    return end - begin;
}

char32_t lower(char32_t c) {
    constexpr char32_t kLongS = 0x17f;  // the only other character whose fold is one of these
    if (c == kLongS) return U's';
    return c >= U'A' && c <= U'Z' ? c - U'A' + U'a' : c;
}

/// 's|'t|'re|'ve|'m|'ll|'d
size_t match_contraction(std::u32string_view rest, bool any_case) {
    if (rest.front() != U'\'') return 0;
    const auto is = [&](size_t at, char32_t wanted) {
        return at < rest.size() && (any_case ? lower(rest[at]) : rest[at]) == wanted;
    };
    for (const char32_t letter : {U's', U't', U'm', U'd'})
        if (is(1, letter)) return 2;
    for (const char* const two : {"re", "ve", "ll"})
        if (is(1, static_cast<char32_t>(two[0])) && is(2, static_cast<char32_t>(two[1]))) return 3;
    return 0;
}

/// A space, which may be missing, and a run of one class that is not kSpace.
size_t match_after_space(CharacterClass wanted, std::u32string_view rest) {
    const size_t begin = rest.front() == U' ' ? 1 : 0;
    const size_t length = run_of(wanted, rest, begin);
    return length == 0 ? 0 : begin + length;
}

/// \s+(?!\S)|\s+ on a text that begins with a space. The first of the two gives the last space of
/// a run back if something follows; a single space has none to give, which the second takes.
size_t match_spaces(std::u32string_view rest) {
    const size_t length = run_of(CharacterClass::kSpace, rest, 0);
    return length == rest.size() || length == 1 ? length : length - 1;
}

/// \s*[\r\n]+: the spaces up to the last end of a line among them.
size_t match_line_ends(std::u32string_view rest) {
    size_t length = run_of(CharacterClass::kSpace, rest, 0);
    while (length > 0 && !is_line_end(rest[length - 1])) --length;
    return length;
}

/// The patterns of Llama 3 and Qwen2, which differ in how many digits stay together.
size_t match_with_digits(std::u32string_view rest, size_t digits) {
    if (const size_t length = match_contraction(rest, true)) return length;
    const CharacterClass first = class_of(rest.front());
    const bool is_prefix = first == CharacterClass::kOther ||
                           (first == CharacterClass::kSpace && !is_line_end(rest.front()));
    if (const size_t letters = run_of(CharacterClass::kLetter, rest, is_prefix ? 1 : 0))
        return letters + (is_prefix ? 1 : 0);
    if (const size_t length = run_of(CharacterClass::kNumber, rest, 0, digits)) return length;
    if (size_t length = match_after_space(CharacterClass::kOther, rest)) {
        while (length < rest.size() && is_line_end(rest[length])) ++length;
        return length;
    }
    if (const size_t length = match_line_ends(rest)) return length;
    return match_spaces(rest);
}

}  // namespace

size_t match_gpt2(std::u32string_view rest) {
    if (const size_t length = match_contraction(rest, false)) return length;
    for (const CharacterClass wanted :
         {CharacterClass::kLetter, CharacterClass::kNumber, CharacterClass::kOther})
        if (const size_t length = match_after_space(wanted, rest)) return length;
    return match_spaces(rest);
}

size_t match_llama3(std::u32string_view rest) { return match_with_digits(rest, 3); }

size_t match_qwen2(std::u32string_view rest) { return match_with_digits(rest, 1); }

}  // namespace tessera::host
