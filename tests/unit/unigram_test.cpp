// SPDX-License-Identifier: MIT
// The unigram tokenizer against all ways to cut a short text, and by examples.
#include "host/text/unigram.h"

#include <algorithm>
#include <map>
#include <optional>

#include "host/io/utf8.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

namespace {

using namespace tessera;
using test::Compared;
using test::message_of;

struct Piece {
    std::string text;
    double score;
};

/// With the reserved pieces in front: the first of these is token 6.
host::Vocabulary vocabulary_of(const std::vector<Piece>& pieces) {
    host::Vocabulary vocabulary{"v.txt", {"\xef\xbf\xbd", "<s>", "</s>", "x1", "x2", "x3"}, {}};
    vocabulary.scores.resize(host::kReservedPieces);
    for (const Piece& piece : pieces) {
        vocabulary.pieces.push_back(piece.text);
        vocabulary.scores.push_back(piece.score);
    }
    return vocabulary;
}

/// All ways to cut a text, one after the other.
class EveryCut {
  public:
    explicit EveryCut(const host::Vocabulary& vocabulary) {
        for (uint32_t token = host::kReservedPieces; token < vocabulary.pieces.size(); ++token)
            pieces_[host::decode_utf8(vocabulary.pieces[token])] = {token,
                                                                    vocabulary.scores[token]};
    }

    std::vector<uint32_t> best(const std::string& text) {
        text_ = host::decode_utf8("\xe2\x96\x81" + text);
        std::replace(text_.begin(), text_.end(), U' ', char32_t{0x2581});
        best_.reset();
        lengths_.clear();
        tokens_.clear();
        visit(0, 0);
        std::vector<uint32_t> merged;
        for (const uint32_t token : best_->tokens)
            if (token != 0 || merged.empty() || merged.back() != 0) merged.push_back(token);
        return merged;
    }

  private:
    struct Found {
        double sum;
        std::vector<size_t> lengths;  ///< from the last piece to the first
        std::vector<uint32_t> tokens;
    };

    void visit(size_t at, double sum) {
        if (at == text_.size()) {
            const Found found{sum, {lengths_.rbegin(), lengths_.rend()}, tokens_};
            if (!best_ || sum > best_->sum || (sum == best_->sum && found.lengths < best_->lengths))
                best_ = found;
            return;
        }
        for (size_t length = 1; at + length <= text_.size(); ++length) {
            const auto piece = pieces_.find(text_.substr(at, length));
            if (piece != pieces_.end())
                step(at, length, piece->second.first, sum + piece->second.second);
            else if (length == 1)
                step(at, 1, 0, sum);
        }
    }

    void step(size_t at, size_t length, uint32_t token, double sum) {
        lengths_.push_back(length);
        tokens_.push_back(token);
        visit(at + length, sum);
        lengths_.pop_back();
        tokens_.pop_back();
    }

    std::map<std::u32string, std::pair<uint32_t, double>> pieces_;
    std::u32string text_;
    std::optional<Found> best_;
    std::vector<size_t> lengths_;
    std::vector<uint32_t> tokens_;
};

}  // namespace

TEST_CASE("the best of all cuts is found", "[text]") {
    auto random = test::test_random();
    // Letters of 1, 2, 3 and 4 bytes; the last two are no pieces.
    const std::vector<std::string> letters = {"\xe2\x96\x81",     "a", "b",           "\xc3\xa9",
                                              "\xf0\x9f\x98\x80", "?", "\xe4\xb8\x80"};
    constexpr size_t kKnown = 5;
    // Few different scores: sums are often equal. They are exact.
    const auto score = [&] { return -static_cast<double>(1 + random() % 12) / 4; };
    Compared compared("texts");
    for (int i = 0; i < 300; ++i) {
        std::vector<Piece> pieces;
        for (size_t letter = 0; letter < kKnown; ++letter)
            pieces.push_back({letters[letter], score()});
        for (uint64_t more = random() % 30; more > 0; --more) {
            std::string text;
            for (uint64_t length = 2 + random() % 3; length > 0; --length)
                text += letters[random() % kKnown];
            pieces.push_back({text, score()});
        }
        const host::Vocabulary vocabulary = vocabulary_of(pieces);
        const host::UnigramTokenizer tokenizer(vocabulary);
        EveryCut every_cut(vocabulary);
        for (int j = 0; j < 20; ++j) {
            std::string text;
            for (uint64_t length = 1 + random() % 9; length > 0; --length)
                text += random() % 6 == 0 ? " " : letters[random() % letters.size()];
            compared.equal(tokenizer.encode(text), every_cut.best(text), [&] { return text; });
        }
    }
}

TEST_CASE("unigram tokens by hand", "[text]") {
    const std::string space = "\xe2\x96\x81";
    const host::Vocabulary vocabulary = vocabulary_of({
        {space, -2},         // 6
        {"a", -3},           // 7
        {"b", -3},           // 8
        {"ab", -4},          // 9
        {space + "ab", -9},  // 10
        {":", 0},            // 11
        {space + ":", 0},    // 12
        {":a", 0},           // 13
        {"<", -1},           // 14
        {"s", -1},           // 15
        {">", -1},           // 16
        {"bb", -2},          // 17
        {"bb", -7},          // 18
    });
    const host::UnigramTokenizer tokenizer(vocabulary);
    struct Example {
        const char* text;
        std::vector<uint32_t> tokens;
    };
    const std::vector<Example> examples = {
        {"", {}},
        {" ", {6, 6}},
        {"ab", {6, 9}},
        {"ab ab", {6, 9, 6, 9}},
        // Variants of letters are the letters, a no-break space is a space.
        {"\xef\xbd\x81\xef\xbd\x82\xc2\xa0"
         "a",
         {6, 9, 6, 7}},
        // Neighbours of no piece are one token, others are not.
        {"??a?", {6, 0, 7, 0}},
        {"\xff\xf0\x9f", {6, 0}},
        // A space before is no piece of it.
        {"\n", {6, 0}},
        // A sum of 0 gives way: by the sums alone it would be 12.
        {":", {6, 11}},
        // The sum goes on behind what is no piece: it is not 0 there.
        {"?:a", {6, 0, 13}},
        // Reserved pieces are not found in a text.
        {"<s>", {6, 14, 15, 16}},
        // Of equal pieces the last counts: -7 is worse than -3 - 3.
        {"bb", {6, 8, 8}},
    };
    Compared compared("texts");
    for (const Example& example : examples)
        compared.equal(tokenizer.encode(example.text), example.tokens,
                       [&] { return example.text; });
    compared.equal(host::UnigramTokenizer(vocabulary_of({})).encode("ab"),
                   std::vector<uint32_t>{0});
    compared.equal(message_of([] {
                       host::UnigramTokenizer broken(vocabulary_of({{"a", -1}, {"ab", -1}}));
                   }),
                   std::string("v.txt: line 8 is ab; allowed: pieces whose characters are pieces "
                               "too; b is none"));
}

TEST_CASE("the real vocabulary of the sentence encoder gives its tokens") {
    const auto vocabulary = host::read_vocabulary(test::model_dir() + "/use-lite/vocabulary.txt",
                                                  host::PieceScores::kEach);
    const host::UnigramTokenizer tokenizer(vocabulary);
    Compared compared("texts");
    compared.equal(vocabulary.pieces.size(), size_t{8000});
    compared.equal(tokenizer.encode("The licenses for most software are designed to take away your "
                                    "freedom to share and change it."),
                   std::vector<uint32_t>{34, 3558, 7, 22, 178, 2334, 31, 2621, 10, 188, 468, 37,
                                         3887, 10, 1108, 12, 493, 21, 6});
}
