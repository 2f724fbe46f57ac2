// SPDX-License-Identifier: MIT
#include "host/cli/model_inputs.h"

#include <fmt/format.h>

#include <sstream>

#include "host/error.h"
#include "host/io/mapped_file.h"
#include "host/io/utf8.h"
#include "host/io/wav.h"
#include "host/text.h"
#include "host/text/unigram.h"

namespace tessera::host {

std::string read_text(const std::string& path) {
    const MappedFile file(path);
    std::string whole(reinterpret_cast<const char*>(file.data()), file.bytes());
    if (!is_utf8(whole)) throw bad_value(path, "text", "no UTF-8", "texts in UTF-8");
    return whole;
}

namespace {

std::vector<Text> read_texts(const ModelOptions& options) {
    std::vector<Text> texts;
    for (const std::string& path : options.files) {
        const std::string whole = read_text(path);
        if (!options.lines) {
            texts.push_back({path, whole, {}});
            continue;
        }
        std::istringstream lines(whole);
        size_t number = 0;
        for (std::string line; std::getline(lines, line);)
            texts.push_back({fmt::format("{}:{}", path, ++number), line, {}});
    }
    return texts;
}

/// White space of any kind is one space: the vocabulary has no other.
std::string collapsed(const std::string& text) {
    std::string result;
    for (const char c : text) {
        const bool space = c == ' ' || (c >= '\t' && c <= '\r');
        if (!space)
            result += c;
        else if (!result.empty() && result.back() != ' ')
            result += ' ';
    }
    if (!result.empty() && result.back() == ' ') result.pop_back();
    return result;
}

}  // namespace

std::vector<Text> tokenized(const ModelFolder& folder, const ModelOptions& options) {
    const Vocabulary vocabulary = read_vocabulary(folder.vocabulary(), PieceScores::kEach);
    const UnigramTokenizer tokenizer(vocabulary);
    std::vector<Text> texts;
    for (Text& text : read_texts(options)) {
        text.tokens = tokenizer.encode(collapsed(text.text));
        if (text.tokens.empty() && options.lines) continue;
        if (text.tokens.empty())
            throw bad_value(text.name, "text", "empty", "at least one character");
        texts.push_back(std::move(text));
    }
    if (texts.empty()) throw bad_value("command line", "files", "empty", "at least one text");
    return texts;
}

std::vector<float> read_speech(const Model& model, const std::string& path) {
    std::vector<float> samples = read_wav(path);
    const uint64_t least = least_rows(model.graph("encoder"), "audio");
    if (samples.size() < least)
        throw bad_value(path, "speech", plural(samples.size(), "sample"),
                        fmt::format("at least {}", least));
    return samples;
}

}  // namespace tessera::host
