// SPDX-License-Identifier: MIT
// Arbitrary bytes as a vocabulary, and as a text that is cut into its pieces and put together.
#include "host/text/vocabulary.h"

#include <string>

#include "host/text/nfkc.h"
#include "host/text/token_text.h"
#include "host/text/unigram.h"
#include "tests/fuzz/fuzz.h"

namespace {

namespace host = tessera::host;
using tessera::fuzz::require;

void put_together(const host::Vocabulary& vocabulary, std::string_view text) {
    host::TokenText out(vocabulary);
    std::string whole;
    for (const char c : text) whole += out.append(static_cast<uint8_t>(c));
    require(host::is_utf8(whole + out.finish()), "text in UTF-8");
}

void cut(const host::Vocabulary& vocabulary, std::string_view text) {
    const auto tokens = host::UnigramTokenizer(vocabulary).encode(text);
    const std::u32string characters = host::to_nfkc(host::decode_utf8(text));
    require(tokens.size() <= characters.size() + 1, "no more tokens than characters and one");
    require(host::to_nfkc(characters) == characters, "normalised once for all");
    require(tokens.empty() == text.empty(), "tokens for each text");
    for (size_t i = 0; i < tokens.size(); ++i) {
        require(tokens[i] < vocabulary.pieces.size() || tokens[i] == host::kUnknownToken,
                "tokens of the vocabulary");
        require(i == 0 || tokens[i] != host::kUnknownToken || tokens[i - 1] != tokens[i],
                "one token for neighbours of no piece");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    for (const host::PieceScores scores : {host::PieceScores::kNone, host::PieceScores::kEach})
        tessera::fuzz::expect_user_error_at_most([&] {
            const host::Vocabulary vocabulary = host::parse_vocabulary("fuzz", text, scores);
            require(!vocabulary.pieces.empty(), "at least one piece");
            const bool scored = scores == host::PieceScores::kEach;
            require(vocabulary.scores.size() == (scored ? vocabulary.pieces.size() : 0),
                    "scores as asked for");
            if (scored)
                cut(vocabulary, text);
            else
                put_together(vocabulary, text);
        });
    return 0;
}
