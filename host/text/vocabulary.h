// SPDX-License-Identifier: MIT
// The vocabulary of a model: the piece of text that each token stands for, in a file of UTF-8 with
// one line per piece. The number of the line, from 0, is the token. LF ends a line; any other
// character is part of the piece, CR too. The last line may do without its LF.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::host {

/// Has each line a tab and a score behind the piece?
enum class PieceScores { kNone, kEach };

struct Vocabulary {
    std::string file;                 ///< for messages
    std::vector<std::string> pieces;  ///< by token
    std::vector<double> scores;       ///< likewise, or empty
};

/// Parses the whole of `text`; `file` is its name in messages. UserError: no line at all, an empty
/// piece, a missing score or one that is not finite, and what is no UTF-8.
Vocabulary parse_vocabulary(const std::string& file, std::string_view text, PieceScores scores);

/// The same of the file `path`.
Vocabulary read_vocabulary(const std::string& path, PieceScores scores);

}  // namespace tessera::host
