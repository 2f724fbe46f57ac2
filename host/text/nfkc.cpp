// SPDX-License-Identifier: MIT
// The Unicode Standard, 3.11 and 3.12: decompose, order the marks, compose.
#include "host/text/nfkc.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

#include "host/text/nfkc_table.h"

namespace tessera::host {
namespace {

// Hangul: a syllable is a leading consonant, a vowel and perhaps a trailing consonant.
constexpr char32_t kSyllables = 0xac00, kLeading = 0x1100, kVowels = 0x1161, kTrailing = 0x11a7;
constexpr char32_t kLeadingCount = 19, kVowelCount = 21, kTrailingCount = 28;
constexpr char32_t kSyllableCount = kLeadingCount * kVowelCount * kTrailingCount;

/// The generated tables by character.
struct Tables {
    std::unordered_map<char32_t, std::u32string_view> decompositions;
    std::unordered_map<char32_t, int> classes;
    std::unordered_map<uint64_t, char32_t> compositions;

    Tables() {
        for (auto at = std::begin(nfkc::kDecompositions); at != std::end(nfkc::kDecompositions);) {
            const char32_t first = at[0], count = at[1], length = at[2];
            at += 3;
            for (char32_t i = 0; i < count; ++i, at += length)
                decompositions[first + i] = {at, length};
        }
        for (auto at = std::begin(nfkc::kClasses); at != std::end(nfkc::kClasses); at += 3)
            for (char32_t i = 0; i < at[1]; ++i) classes[at[0] + i] = static_cast<int>(at[2]);
        for (auto at = std::begin(nfkc::kCompositions); at != std::end(nfkc::kCompositions);
             at += 3)
            compositions[pair_of(at[0], at[1])] = at[2];
    }
    static uint64_t pair_of(char32_t first, char32_t second) {
        return uint64_t{first} << 32 | second;
    }
    /// 0 for all that is no mark.
    int class_of(char32_t character) const {
        const auto found = classes.find(character);
        return found == classes.end() ? 0 : found->second;
    }
};

const Tables& tables() {
    static const Tables instance;
    return instance;
}

std::u32string decompose(std::u32string_view text) {
    std::u32string out;
    for (const char32_t character : text) {
        const char32_t syllable = character - kSyllables;
        const auto found = tables().decompositions.find(character);
        if (character >= kSyllables && syllable < kSyllableCount) {
            out += kLeading + syllable / (kVowelCount * kTrailingCount);
            out += kVowels + syllable / kTrailingCount % kVowelCount;
            if (syllable % kTrailingCount != 0) out += kTrailing + syllable % kTrailingCount;
        } else if (found != tables().decompositions.end()) {
            out += found->second;
        } else {
            out += character;
        }
    }
    return out;
}

/// Marks in a row by their class; those of one class stay as they are.
void order_marks(std::u32string& text) {
    const auto is_mark = [](char32_t character) { return tables().class_of(character) != 0; };
    for (auto begin = text.begin(); begin != text.end();) {
        begin = std::find_if(begin, text.end(), is_mark);
        const auto end = std::find_if_not(begin, text.end(), is_mark);
        std::stable_sort(begin, end, [](char32_t a, char32_t b) {
            return tables().class_of(a) < tables().class_of(b);
        });
        begin = end;
    }
}

/// What two characters become, or 0.
char32_t composed(char32_t first, char32_t second) {
    const char32_t leading = first - kLeading, vowel = second - kVowels;
    if (first >= kLeading && leading < kLeadingCount && second >= kVowels && vowel < kVowelCount)
        return kSyllables + (leading * kVowelCount + vowel) * kTrailingCount;
    const char32_t syllable = first - kSyllables, trailing = second - kTrailing;
    if (first >= kSyllables && syllable < kSyllableCount && syllable % kTrailingCount == 0 &&
        second > kTrailing && trailing < kTrailingCount)
        return first + trailing;
    const auto found = tables().compositions.find(Tables::pair_of(first, second));
    return found == tables().compositions.end() ? 0 : found->second;
}

std::u32string compose(std::u32string_view text) {
    std::u32string out;
    size_t starter = std::u32string::npos;  // the last character in `out` that is no mark
    int before = 0;                         // class of the last character behind it
    for (const char32_t character : text) {
        const int own = tables().class_of(character);
        const bool adjacent = starter != out.npos && starter + 1 == out.size();
        // A mark of the same class, or of a higher one, stands between.
        const bool blocked = starter == out.npos || (!adjacent && before >= own);
        const char32_t both = blocked ? 0 : composed(out[starter], character);
        if (both != 0) {
            out[starter] = both;
            continue;
        }
        if (own == 0) starter = out.size();
        before = own;
        out += character;
    }
    return out;
}

}  // namespace

std::u32string to_nfkc(std::u32string_view text) {
    std::u32string characters = decompose(text);
    order_marks(characters);
    return compose(characters);
}

}  // namespace tessera::host
