// SPDX-License-Identifier: MIT
// Vocabulary files, and the text of tokens as they come.
#include "host/text/vocabulary.h"

#include "host/io/output_file.h"
#include "host/text/token_text.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

namespace {

using namespace tessera;
using host::PieceScores;
using test::Compared;
using test::message_of;

std::string message_for(const std::string& text, PieceScores scores) {
    return message_of([&] { host::parse_vocabulary("v.txt", text, scores); });
}

/// What each token gives, and the end.
std::vector<std::string> texts_of(const host::Vocabulary& vocabulary,
                                  const std::vector<uint32_t>& tokens) {
    host::TokenText text(vocabulary);
    std::vector<std::string> parts;
    parts.reserve(tokens.size() + 1);
    for (const uint32_t token : tokens) parts.push_back(text.append(token));
    parts.push_back(text.finish());
    return parts;
}

std::string joined(const std::vector<std::string>& parts) {
    std::string text;
    for (const std::string& part : parts) text += part;
    return text;
}

/// 0 to 2, the bytes from 3 on as LLaMA's vocabulary has them, then some pieces.
host::Vocabulary byte_vocabulary() {
    std::string text = "<unk>\n<s>\n</s>\n";
    constexpr char kDigits[] = "0123456789ABCDEF";
    for (int byte = 0; byte < 256; ++byte)
        text += std::string("<0x") + kDigits[byte / 16] + kDigits[byte % 16] + ">\n";
    text += "\xe2\x96\x81Hello\n,\n\xe2\x96\x81wor\nld\n\xe2\x96\x81\n;\r\n<0x4>\n<0xZZ>\n\xc3\xa9";
    return host::parse_vocabulary("v.txt", text, PieceScores::kNone);
}

}  // namespace

TEST_CASE("a line is a piece, whatever is in it", "[text]") {
    Compared compared("pieces and scores");
    const auto plain = host::parse_vocabulary("v.txt", "a\nb\tc\n \n;\r\nlast", PieceScores::kNone);
    compared.equal(plain.pieces, std::vector<std::string>{"a", "b\tc", " ", ";\r", "last"});
    compared.equal(plain.scores.size(), size_t{0});
    compared.equal(plain.file, std::string("v.txt"));
    const test::Scratch folder;
    const std::string path = folder / "v.txt";
    host::write_file(path, "\xef\xbf\xbd\t0\n\xe2\x96\x81the\t-3.56637144089\na\tb\t1e-7\nz\t30\n");
    const auto scored = host::read_vocabulary(path, PieceScores::kEach);
    compared.equal(scored.pieces,
                   std::vector<std::string>{"\xef\xbf\xbd", "\xe2\x96\x81the", "a\tb", "z"});
    compared.equal(scored.scores, std::vector<double>{0, -3.56637144089, 1e-7, 30});
    const std::string message =
        message_of([&] { host::read_vocabulary(path + "x", PieceScores::kNone); });
    compared.holds(message.find(path + "x: cannot open") == 0, [&] { return message; });
}

TEST_CASE("every damage of a vocabulary is named", "[text]") {
    struct Damage {
        const char* text;
        PieceScores scores;
        std::vector<const char*> named;
    };
    const std::vector<Damage> damages = {
        {"", PieceScores::kNone, {"v.txt: is empty"}},
        {"a\n\nb", PieceScores::kNone, {"line 2 is without a piece", "one piece"}},
        {"\n", PieceScores::kNone, {"line 1 is without a piece"}},
        {"a\n\xff\n", PieceScores::kNone, {"line 2 is \\xff", "UTF-8"}},
        {"a\t1\nb\n", PieceScores::kEach, {"line 2 is b", "a tab and its score"}},
        {"a\t1\nb\t", PieceScores::kEach, {"line 2 is b", "score"}},
        {"a\t1x", PieceScores::kEach, {"line 1 is a", "score"}},
        {"a\t+1", PieceScores::kEach, {"line 1", "score"}},
        {"a\t 1", PieceScores::kEach, {"line 1", "score"}},
        {"a\tnan", PieceScores::kEach, {"line 1", "finite"}},
        {"a\t-inf", PieceScores::kEach, {"line 1", "finite"}},
        {"a\t1e999", PieceScores::kEach, {"line 1", "finite"}},
        {"\t1", PieceScores::kEach, {"line 1 is without a piece"}},
    };
    Compared compared("words in messages");
    for (const Damage& damage : damages) {
        const std::string message = message_for(damage.text, damage.scores);
        for (const char* word : damage.named)
            compared.holds(message.find(word) != std::string::npos,
                           [&] { return std::string(word) + " not in: " + message; });
    }
}

TEST_CASE("text comes as soon as its characters are whole", "[text]") {
    const host::Vocabulary vocabulary = byte_vocabulary();
    constexpr uint32_t kBytes = 3, kPieces = kBytes + 256;
    struct Example {
        std::vector<uint32_t> tokens;
        std::vector<std::string> parts;  ///< of each, and of the end
    };
    const std::vector<Example> examples = {
        {{1, kPieces, kPieces + 1, kPieces + 2, kPieces + 3, 2},
         {"", "Hello", ",", " wor", "ld", "", ""}},
        // One space at the begin is left out, no second one, and none later.
        {{kPieces + 4, kPieces + 4, kPieces + 1, kPieces + 4}, {"", " ", ",", " ", ""}},
        {{kBytes + 32, kBytes + 65}, {"", "A", ""}},
        // A character of four bytes; the bytes of U+2581.
        {{kBytes + 0xf0, kBytes + 0x9f, kBytes + 0x98, kBytes + 0x80},
         {"", "", "", "\xf0\x9f\x98\x80", ""}},
        {{kBytes + 65, kBytes + 0xe2, kBytes + 0x96, kBytes + 0x81}, {"A", "", "", " ", ""}},
        // A character that never ends, in front of another and of the end; a byte that begins none.
        {{kBytes + 0xe2, kBytes + 0x96, kPieces + 1}, {"", "", "\xef\xbf\xbd,", ""}},
        {{kBytes + 0xe2, 2}, {"", "", "\xef\xbf\xbd"}},
        {{kBytes + 0x80}, {"\xef\xbf\xbd", ""}},
        // What only looks like a byte, a piece with CR, a piece of two bytes, the unknown piece.
        {{kPieces + 6, kPieces + 7, kPieces + 5, kPieces + 8, 0},
         {"<0x4>", "<0xZZ>", ";\r", "\xc3\xa9", "<unk>", ""}},
        {{}, {""}},
    };
    Compared compared("parts of texts");
    for (const Example& example : examples) {
        const std::vector<std::string> parts = texts_of(vocabulary, example.tokens);
        compared.equal(parts.size(), example.parts.size());
        for (size_t i = 0; i < parts.size(); ++i) compared.equal(parts[i], example.parts[i]);
    }
    host::TokenText text(vocabulary);
    compared.equal(text.append(kPieces) + text.finish() + text.append(kPieces),
                   std::string("HelloHello"));
    compared.equal(message_of([&] { text.append(kPieces + 9); }),
                   std::string("v.txt: token is 268; allowed: 0 to 267"));
}

TEST_CASE("the real vocabulary of Moonshine gives the sentences that were spoken") {
    const auto vocabulary = host::read_vocabulary(
        test::model_dir() + "/moonshine-tiny/vocabulary.txt", PieceScores::kNone);
    Compared compared("texts");
    compared.equal(vocabulary.pieces.size(), size_t{32000});
    compared.equal(
        joined(texts_of(vocabulary, {1, 3529, 2507, 1283, 278, 29181, 26068, 322, 7714, 278, 4565,
                                     3050, 1434, 366, 5967, 29889, 2})),
        std::string(
            "Please turn off the kitchen lights and lock the front door before you leave."));
    compared.equal(
        joined(texts_of(vocabulary, {1, 450, 11781, 756, 1063, 6153, 304, 498, 1295, 3250, 17724,
                                     472, 2211, 288, 29915, 13058, 29889, 2})),
        std::string("The meeting has been moved to Thursday afternoon at three o'clock."));
}
