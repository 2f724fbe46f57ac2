// SPDX-License-Identifier: MIT
// Byte-level BPE against its definition, followed step by step, and by hand.
#include "host/text/byte_bpe.h"

#include <map>
#include <numeric>
#include <set>

#include "host/io/output_file.h"
#include "tests/support/compared.h"
#include "tests/support/small_regex.h"
#include "tests/support/small_tokenizer.h"
#include "tests/unit/files.h"

namespace {

using namespace tessera;
using nlohmann::json;
using test::Compared;
using test::message_of;
using Tokens = std::vector<uint32_t>;

host::ByteBpeTokenizer tokenizer_of(const json& file) {
    return host::ByteBpeTokenizer(host::parse_tokenizer("t.json", file.dump()));
}

/// Follows the definition: full scans for the lowest rank, all added tokens tried everywhere.
struct Definition {
    test::Merges merges;
    std::map<std::string, uint32_t> tokens;  ///< by bytes
    std::map<std::string, uint32_t> added;
    std::string regex;
    bool prefix_space = false, ignore_merges = false;

    static char kind_of(char32_t c) {
        if (c == U' ' || c == U'\n') return 'S';
        if (c == U'1') return 'N';
        return c == U'!' || c == U'\'' || c == U'<' ? 'O' : 'L';
    }

    Tokens encode(const std::string& text) const {
        Tokens out;
        std::string between;
        for (size_t at = 0; at < text.size();) {
            std::string longest;
            for (const auto& [content, token] : added)
                if (text.compare(at, content.size(), content) == 0 &&
                    content.size() > longest.size())
                    longest = content;
            if (longest.empty()) {
                between += text[at++];
                continue;
            }
            encode_between(std::exchange(between, ""), out);
            out.push_back(added.at(longest));
            at += longest.size();
        }
        encode_between(between, out);
        return out;
    }

    void encode_between(const std::string& text, Tokens& out) const {
        std::u32string rest = host::decode_utf8(text);
        if (prefix_space && !rest.empty() && rest[0] != U' ') rest = U" " + rest;
        const test::SmallRegex pattern(regex, kind_of);
        while (!rest.empty()) {
            const size_t length = pattern.match(rest);
            encode_piece(host::encode_utf8(rest.substr(0, length)), out);
            rest = rest.substr(length);
        }
    }

    void encode_piece(const std::string& bytes, Tokens& out) const {
        std::vector<std::string> parts;
        for (const char byte : bytes) parts.emplace_back(1, byte);
        if (ignore_merges && tokens.count(bytes) != 0) parts = {bytes};
        while (merge_once(parts)) {
        }
        for (const std::string& part : parts) out.push_back(tokens.at(part));
    }

    bool merge_once(std::vector<std::string>& parts) const {
        for (const auto& [left, right] : merges)
            for (size_t i = 0; i + 1 < parts.size(); ++i)
                if (parts[i] == left && parts[i + 1] == right) {
                    parts[i] += right;
                    parts.erase(parts.begin() + static_cast<long>(i) + 1);
                    return true;
                }
        return false;
    }
};

const std::vector<std::string>& letters() {
    static const std::vector<std::string> all = {
        "a", "b", "b", "s", " ", " ", "1", "\n", "!", "\xc3\xa9", "\xe4\xb8\x80", "'"};
    return all;
}

std::string random_text(std::mt19937_64& random, uint64_t length) {
    std::string text;
    for (; length > 0; --length) text += letters()[random() % letters().size()];
    return text;
}

/// Merges in no sensible order: what they make may be made in another way, and of a better rank
/// than its parts.
test::Merges random_merges(std::mt19937_64& random) {
    std::vector<std::string> pieces;
    for (const std::string& letter : letters())
        for (const char byte : letter) pieces.emplace_back(1, byte);
    std::set<std::pair<std::string, std::string>> seen;
    test::Merges merges;
    for (uint64_t more = random() % 60; more > 0; --more) {
        const std::string left = pieces[random() % pieces.size()];
        const std::string right = pieces[random() % pieces.size()];
        if (left.size() + right.size() > 6 || !seen.emplace(left, right).second) continue;
        merges.emplace_back(left, right);
        pieces.push_back(left + right);
    }
    std::shuffle(merges.begin(), merges.end(), random);
    return merges;
}

/// Numbers in no order, with holes.
void renumber(json& file, Definition& definition, std::mt19937_64& random) {
    json& vocabulary = file["model"]["vocab"];
    Tokens numbers(vocabulary.size() + 20);
    std::iota(numbers.begin(), numbers.end(), 0);
    std::shuffle(numbers.begin(), numbers.end(), random);
    const auto number = [&](const std::string& bytes) {
        const uint32_t token = numbers[definition.tokens.size()];
        if (definition.tokens.emplace(bytes, token).second) vocabulary[test::spell(bytes)] = token;
    };
    for (uint32_t byte = 0; byte < 256; ++byte) number(test::byte_text(byte));
    for (const auto& [left, right] : definition.merges) number(left + right);
}

}  // namespace

TEST_CASE("random tables of merges give the tokens of the definition", "[text]") {
    auto random = test::test_random();
    Compared compared("texts"), back("texts from tokens");
    for (int i = 0; i < 150; ++i) {
        Definition definition;
        definition.merges = random_merges(random);
        json file = test::small_tokenizer(definition.merges);
        renumber(file, definition, random);
        const auto& pattern = host::kPreTokenPatterns[random() % 3];
        definition.regex = pattern.regex;
        definition.ignore_merges = random() % 2 == 0;
        definition.prefix_space = pattern.match == host::match_gpt2 && random() % 2 == 0;
        if (pattern.match == host::match_gpt2)
            file["pre_tokenizer"]["add_prefix_space"] = definition.prefix_space;
        else
            file["pre_tokenizer"] = test::split_by(pattern.regex);
        file["model"]["ignore_merges"] = definition.ignore_merges;
        for (uint32_t more = static_cast<uint32_t>(random() % 4); more > 0; --more) {
            const std::string content = random_text(random, 1 + random() % 3);
            const bool is_piece = file["model"]["vocab"].contains(content);
            if (is_piece || !definition.added.emplace(content, 1000 + more).second) continue;
            file["added_tokens"].push_back(
                test::added_token(1000 + more, content, false, i % 2 != 0));
        }
        const host::ByteBpeTokenizer tokenizer = tokenizer_of(file);
        for (int j = 0; j < 20; ++j) {
            const std::string text = random_text(random, random() % 40);
            const Tokens tokens = tokenizer.encode(text);
            compared.equal(tokens, definition.encode(text), [&] { return text; });
            host::ByteBpeText decoder(tokenizer);
            std::string whole;
            for (const uint32_t token : tokens) whole += decoder.append(token);
            whole += decoder.finish();
            if (!definition.prefix_space) back.equal(whole, text);
        }
    }
}

TEST_CASE("long texts without a cut are merged as short ones", "[text]") {
    Definition definition;
    definition.merges = {{"a", "a"}, {"aa", "a"}, {"aa", "aa"}, {"b", "a"}, {"a", "b"}};
    const json file = test::small_tokenizer(definition.merges);
    const host::ByteBpeTokenizer tokenizer = tokenizer_of(file);
    for (uint32_t byte = 0; byte < 256; ++byte) definition.tokens[test::byte_text(byte)] = byte;
    for (const auto& [left, right] : definition.merges)
        definition.tokens.emplace(left + right, static_cast<uint32_t>(definition.tokens.size()));
    definition.regex = host::kPreTokenPatterns[0].regex;
    auto random = test::test_random();
    Compared compared("texts");
    for (const size_t length : {1, 2, 3, 100, 301}) {
        std::string same(length, 'a'), mixed;
        while (mixed.size() < length) mixed += random() % 4 == 0 ? 'b' : 'a';
        Tokens expected;
        for (const std::string& text : {same, mixed}) {
            expected.clear();
            definition.encode_piece(text, expected);
            compared.equal(tokenizer.encode(text), expected, [&] { return text; });
        }
    }
    // By quadratic merging this takes minutes. Four a's at a time, the leftmost pairs first.
    const Tokens many = tokenizer.encode(std::string(1 << 20, 'a'));
    compared.equal(many, Tokens(1 << 18, tokenizer.encode("aaaa").at(0)), [] { return "many"; });
}

TEST_CASE("tokens of texts by hand", "[text]") {
    json file =
        test::small_tokenizer({{"l", "o"}, {"lo", "w"}, {" ", "lo"}, {" ", "low"}, {"e", "r"}});
    // 256 lo, 257 low, 258 " lo", 259 " low", 260 er
    file["added_tokens"] = {test::added_token(300, "<|end|>", true, false),
                            test::added_token(301, "<|end|>s", false, false),
                            test::added_token(302, "e\xcc\x81!", false, true),
                            test::added_token(303, "low<", true, true)};
    struct Example {
        std::string text;
        Tokens tokens;
    };
    const std::vector<Example> plain = {
        {"", {}},
        {"low lower lo lot", {257, 259, 260, 258, 258, 't'}},
        {"lo<|end|>lower", {256, 300, 257, 260}},
        {"<|end|><|end|>s", {300, 301}},
        {"<|end|", {'<', '|', 'e', 'n', 'd', '|'}},
        // What is looked for before normalisation comes first.
        {"low<|end|>low<", {257, 300, 303}},
        {"\xff", {0xef, 0xbf, 0xbd}},
        {"\xc3\xa9!", {0xc3, 0xa9, '!'}},
        {"e\xcc\x81!", {302}},
        {std::string(1, '\0'), {0}},
    };
    Compared compared("texts");
    for (const Example& example : plain)
        compared.equal(tokenizer_of(file).encode(example.text), example.tokens,
                       [&] { return example.text; });
    file["normalizer"] = {{"type", "NFC"}};
    for (const std::string text : {"\xc3\xa9!", "e\xcc\x81!"})
        compared.equal(tokenizer_of(file).encode(text), Tokens{302}, [&] { return text; });
    compared.equal(tokenizer_of(file).encode("e\xcc\x81?"), Tokens{0xc3, 0xa9, '?'});
    file["post_processor"] = {
        {"type", "Sequence"},
        {"processors",
         {{{"type", "ByteLevel"}, {"trim_offsets", false}},
          {{"type", "TemplateProcessing"},
           {"single", {{{"SpecialToken", {{"id", "<|end|>"}}}}, {{"Sequence", {{"id", "A"}}}}}},
           {"pair", json::array()},
           {"special_tokens", {{"<|end|>", {{"id", "<|end|>"}, {"ids", {300}}}}}}}}}};
    compared.equal(tokenizer_of(file).encode("low"), Tokens{300, 257});
    compared.equal(tokenizer_of(file).encode(""), Tokens{300});
    file["model"]["ignore_merges"] = true;
    file["model"]["vocab"]["xyz"] = 261;
    compared.equal(tokenizer_of(file).encode("xyz xyz"), Tokens{300, 261, ' ', 'x', 'y', 'z'});
    file["pre_tokenizer"]["add_prefix_space"] = true;
    compared.equal(tokenizer_of(file).encode("low<|end|> low"), Tokens{300, 259, 300, 259});
    compared.equal(tokenizer_of(file).encode(""), Tokens{300});
}

TEST_CASE("text comes back as its characters become whole", "[text]") {
    json file = test::small_tokenizer({{"\xe2", "\x82"}});
    file["added_tokens"] = {test::added_token(300, "<|end|>", true, false),
                            test::added_token(301, "\xe4\xb8\xad", false, false)};
    const host::ByteBpeTokenizer tokenizer = tokenizer_of(file);
    host::ByteBpeText text(tokenizer);
    Compared compared("parts and numbers");
    const std::vector<std::pair<uint32_t, std::string>> steps = {{'a', "a"},
                                                                 {256, ""},
                                                                 {300, ""},
                                                                 {0xac, "\xe2\x82\xac"},
                                                                 {301, "\xe4\xb8\xad"},
                                                                 {256, ""},
                                                                 {'b',
                                                                  "\xef\xbf\xbd"
                                                                  "b"},
                                                                 {300, ""},
                                                                 {0xc3, ""}};
    for (const auto& [token, part] : steps) {
        const uint32_t number = token;
        compared.equal(text.append(token), part, [&] { return std::to_string(number); });
    }
    compared.equal(text.finish(), std::string("\xef\xbf\xbd"));
    compared.equal(text.append('c') + text.finish(), std::string("c"));
    compared.equal(tokenizer.size(), 302u);
    compared.equal(tokenizer.has(256), true);
    for (const uint32_t none : {257u, 299u, 302u, UINT32_MAX}) {
        const std::string message = "t.json: token is " + std::to_string(none) +
                                    "; allowed: the tokens of its vocabulary, which are below 302";
        compared.equal(tokenizer.has(none), false);
        compared.equal(message_of([&] { tokenizer.bytes_of(none); }), message);
        compared.equal(message_of([&] { tokenizer.is_special(none); }), message);
        compared.equal(message_of([&] { text.append(none); }), message);
    }
    compared.equal(tokenizer.bytes_of(300), std::string("<|end|>"));
    compared.equal(tokenizer.bytes_of(256), std::string("\xe2\x82"));
    compared.equal(tokenizer.is_special(300) && !tokenizer.is_special(301), true);
}

TEST_CASE("a tokenizer is read from its file", "[text]") {
    const test::Scratch folder;
    const std::string path = folder / "tokenizer.json";
    host::write_file(path, test::small_tokenizer({{"a", "b"}}).dump());
    const host::ByteBpeTokenizer tokenizer(path);
    Compared compared("answers");
    compared.equal(tokenizer.encode("ab"), Tokens{256});
    compared.equal(tokenizer.file(), path);
    compared.equal(message_of([&] { host::ByteBpeTokenizer missing(folder / "none"); }).empty(),
                   false);
}
