// SPDX-License-Identifier: MIT
#include "host/text/unigram.h"

#include <algorithm>
#include <stdexcept>

#include "host/error.h"
#include "host/io/utf8.h"
#include "host/text/nfkc.h"
#include "host/text/space.h"

namespace tessera::host {
namespace {

constexpr uint32_t kRoot = 0;

uint64_t key_of(uint32_t node, char32_t character) { return uint64_t{node} << 32 | character; }

/// The text as pieces know it.
std::u32string prepare(std::string_view text) {
    std::u32string characters = to_nfkc(decode_utf8(text));
    if (characters.empty()) return characters;
    std::replace(characters.begin(), characters.end(), U' ', kSpacePiece);
    characters.insert(characters.begin(), kSpacePiece);
    return characters;
}

}  // namespace

UnigramTokenizer::UnigramTokenizer(const Vocabulary& vocabulary) {
    const size_t count = vocabulary.pieces.size();
    if (vocabulary.scores.size() != count) throw std::invalid_argument("pieces without scores");
    for (uint32_t token = kReservedPieces; token < count; ++token)
        insert(decode_utf8(vocabulary.pieces[token]), token, vocabulary.scores[token]);
    for (uint32_t token = kReservedPieces; token < count; ++token)
        for (const char32_t character : decode_utf8(vocabulary.pieces[token])) {
            const uint32_t node = next(kRoot, character);
            if (node != kRoot && nodes_[node].is_piece) continue;
            throw bad_value(vocabulary.file, "line " + std::to_string(token + 1),
                            vocabulary.pieces[token],
                            "pieces whose characters are pieces too; " +
                                printable(encode_utf8({&character, 1})) + " is none");
        }
}

void UnigramTokenizer::insert(std::u32string_view piece, uint32_t token, double score) {
    uint32_t node = kRoot;
    for (const char32_t character : piece) {
        const auto created = static_cast<uint32_t>(nodes_.size());
        const auto [entry, is_new] = next_.emplace(key_of(node, character), created);
        if (is_new) nodes_.emplace_back();
        node = entry->second;
    }
    nodes_[node] = {true, token, score};
}

uint32_t UnigramTokenizer::next(uint32_t node, char32_t character) const {
    const auto found = next_.find(key_of(node, character));
    return found == next_.end() ? kRoot : found->second;
}

std::vector<UnigramTokenizer::Cut> UnigramTokenizer::find_cuts(std::u32string_view text) const {
    std::vector<Cut> cuts(text.size() + 1);
    for (size_t begin = 0; begin < text.size(); ++begin) {
        const double sum = cuts[begin].sum;
        const auto offer = [&](size_t length, uint32_t token, double score) {
            Cut& cut = cuts[begin + length];
            if (cut.sum == 0 || sum + score >= cut.sum) cut = {sum + score, token, length};
        };
        uint32_t node = next(kRoot, text[begin]);
        if (node == kRoot) offer(1, kUnknownToken, 0);
        for (size_t end = begin + 1; node != kRoot; ++end) {
            if (nodes_[node].is_piece) offer(end - begin, nodes_[node].token, nodes_[node].score);
            if (end == text.size()) break;
            node = next(node, text[end]);
        }
    }
    return cuts;
}

std::vector<uint32_t> UnigramTokenizer::encode(std::string_view text) const {
    const std::vector<Cut> cuts = find_cuts(prepare(text));
    std::vector<uint32_t> tokens;
    for (size_t end = cuts.size() - 1; end > 0; end -= cuts[end].length) {
        const uint32_t token = cuts[end].token;
        const bool again = token == kUnknownToken && !tokens.empty() && tokens.back() == token;
        if (!again) tokens.push_back(token);
    }
    std::reverse(tokens.begin(), tokens.end());
    return tokens;
}

}  // namespace tessera::host
