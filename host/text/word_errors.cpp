// SPDX-License-Identifier: MIT
#include "host/text/word_errors.h"

#include <algorithm>
#include <numeric>

namespace tessera::host {
namespace {

/// Bytes of the punctuation of U+2000 to U+206F at the text's begin; 0: there is none.
size_t punctuation_bytes(std::string_view text) {
    const bool found = text.size() >= 3 && text[0] == '\xe2' &&
                       (text[1] == '\x80' || (text[1] == '\x81' && text[2] <= '\xaf'));
    return found ? 3 : 0;
}

bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '\'' ||
           static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
    constexpr std::string_view kApostrophe = "\xe2\x80\x99";  // U+2019
    std::vector<std::string> words;
    std::string word;
    const auto end = [&] {
        if (!word.empty()) words.push_back(word);
        word.clear();
    };
    for (size_t at = 0; at < text.size();) {
        const std::string_view rest = text.substr(at);
        const size_t mark = punctuation_bytes(rest);
        char c = text[at];
        if (mark != 0) c = rest.substr(0, mark) == kApostrophe ? '\'' : ' ';
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
        if (is_letter(c))
            word += c;
        else
            end();
        at += std::max<size_t>(mark, 1);
    }
    end();
    return words;
}

/// Levenshtein's distance, row by row of its table.
WordErrors count_word_errors(const std::vector<std::string>& reference,
                             const std::vector<std::string>& words) {
    std::vector<uint64_t> row(words.size() + 1);
    std::iota(row.begin(), row.end(), uint64_t{0});
    for (const std::string& said : reference) {
        uint64_t diagonal = row[0]++;
        for (size_t j = 1; j < row.size(); ++j) {
            const uint64_t replaced = diagonal + (said == words[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
        }
    }
    return {row.back(), reference.size()};
}

}  // namespace tessera::host
