// SPDX-License-Identifier: MIT
// How many words of a text are wrong: the measure of speech recognition.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::host {

/// The words of a text in UTF-8: A to Z in lower case, parted by anything but letters, digits and
/// apostrophes. A hyphen parts words, too. Other characters than ASCII's and the punctuation of
/// U+2000 to U+206F are letters.
std::vector<std::string> words_of(std::string_view text);

struct WordErrors {
    uint64_t errors = 0;  ///< words to insert, delete or replace, the fewest
    uint64_t words = 0;   ///< of the reference

    double rate() const { return static_cast<double>(errors) / static_cast<double>(words); }
};

WordErrors count_word_errors(const std::vector<std::string>& reference,
                             const std::vector<std::string>& words);

}  // namespace tessera::host
