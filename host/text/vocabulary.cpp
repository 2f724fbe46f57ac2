// SPDX-License-Identifier: MIT
#include "host/text/vocabulary.h"

#include <charconv>
#include <cmath>

#include "host/error.h"
#include "host/io/mapped_file.h"
#include "host/io/utf8.h"

namespace tessera::host {
namespace {

/// Takes the score off the end of a line.
double take_score(const std::string& file, const std::string& where, std::string_view& line) {
    const size_t tab = line.rfind('\t');
    const std::string_view text = tab == line.npos ? "" : line.substr(tab + 1);
    double score = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), score);
    if (text.empty() || error != std::errc() || end != text.data() + text.size() ||
        !std::isfinite(score))
        throw bad_value(file, where, line, "a piece, a tab and its score, a finite number");
    line = line.substr(0, tab);
    return score;
}

}  // namespace

Vocabulary parse_vocabulary(const std::string& file, std::string_view text, PieceScores scores) {
    Vocabulary vocabulary;
    vocabulary.file = file;
    if (text.empty()) throw UserError(file + ": is empty; allowed: a line for each piece");
    while (!text.empty()) {
        const size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == text.npos ? "" : text.substr(end + 1);
        const std::string where = "line " + std::to_string(vocabulary.pieces.size() + 1);
        if (!is_utf8(line)) throw bad_value(file, where, line, "UTF-8");
        if (scores == PieceScores::kEach)
            vocabulary.scores.push_back(take_score(file, where, line));
        if (line.empty()) throw bad_value(file, where, "without a piece", "one piece in each line");
        vocabulary.pieces.emplace_back(line);
    }
    return vocabulary;
}

Vocabulary read_vocabulary(const std::string& path, PieceScores scores) {
    const MappedFile file(path);
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.bytes());
    return parse_vocabulary(path, text, scores);
}

}  // namespace tessera::host
