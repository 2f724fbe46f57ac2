// SPDX-License-Identifier: MIT
// Tokens of a text by a unigram vocabulary: of all ways to cut the text into pieces the one with
// the highest sum of scores (Viterbi). It does as the tokenizer of Universal Sentence Encoder Lite
// in JavaScript does, so that both give the same tokens:
// - The text is normalised to NFKC. Each space becomes U+2581, and one stands in front.
// - The first kReservedPieces pieces are never found in a text. The first of them is the token of a
//   character that is no piece; it counts 0, and neighbours of the kind become one token.
// - Among equal sums the cut with the shorter last piece wins. A sum of exactly 0 gives way to
//   any other. Of equal pieces the last counts.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "host/text/vocabulary.h"

namespace tessera::host {

inline constexpr uint32_t kUnknownToken = 0;
inline constexpr uint32_t kReservedPieces = 6;

class UnigramTokenizer {
  public:
    /// UserError if a piece has a character that is no piece itself: then some text had no cut.
    explicit UnigramTokenizer(const Vocabulary& vocabulary);

    /// Text in UTF-8, what is none read as U+FFFD. No tokens for no text.
    std::vector<uint32_t> encode(std::string_view text) const;

  private:
    /// A beginning of pieces.
    struct Node {
        bool is_piece = false;
        uint32_t token = kUnknownToken;
        double score = 0;
    };
    /// How the text up to some place is cut best.
    struct Cut {
        double sum = 0;
        uint32_t token = kUnknownToken;  ///< of the last piece
        size_t length = 1;               ///< of that piece
    };

    void insert(std::u32string_view piece, uint32_t token, double score);
    /// The node behind `node` by `character`; 0, the root, if there is none.
    uint32_t next(uint32_t node, char32_t character) const;
    std::vector<Cut> find_cuts(std::u32string_view text) const;

    std::vector<Node> nodes_{1};
    std::unordered_map<uint64_t, uint32_t> next_;  ///< by node and character
};

}  // namespace tessera::host
