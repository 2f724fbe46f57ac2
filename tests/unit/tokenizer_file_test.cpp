// SPDX-License-Identifier: MIT
// What a tokenizer.json may say, and the messages for what it may not.
#include "host/text/tokenizer_file.h"

#include "tests/support/compared.h"
#include "tests/support/small_tokenizer.h"
#include "tests/unit/files.h"

namespace {

using namespace tessera;
using nlohmann::json;
using test::Compared;
using test::message_of;

/// The message for a file that is changed at a place; empty if it is good.
std::string message_for(const std::string& place, const json& value) {
    json file = test::small_tokenizer({{"a", "b"}});
    file["added_tokens"] = {test::added_token(300, "<|end|>", true, false)};
    file[json::json_pointer(place)] = value;
    return message_of([&] { host::parse_tokenizer("t.json", file.dump()); });
}

json template_of(const json& single, const json& ids) {
    return {{"type", "TemplateProcessing"},
            {"single", single},
            {"special_tokens", {{"<|end|>", {{"ids", ids}}}}}};
}

const json kText = {{"Sequence", {{"id", "A"}}}};
const json kEnd = {{"SpecialToken", {{"id", "<|end|>"}}}};
const json kByteLevel = {{"type", "ByteLevel"}, {"add_prefix_space", false}};

std::string llama3() { return host::kPreTokenPatterns[1].regex; }

}  // namespace

TEST_CASE("other spellings of the same are read", "[text]") {
    const std::vector<std::pair<const char*, json>> good = {
        {"/model/merges/0", {"a", "b"}},
        {"/model/unk_token", "<|end|>"},
        {"/model/continuing_subword_prefix", ""},
        {"/model/byte_fallback", false},
        {"/added_tokens", nullptr},
        {"/truncation", {{"max_length", 512}}},
        {"/pre_tokenizer", {{"type", "Sequence"}, {"pretokenizers", {kByteLevel}}}},
        {"/pre_tokenizer", test::split_by(llama3())},
        {"/normalizer", {{"type", "NFC"}}},
        {"/post_processor", kByteLevel},
        {"/post_processor", template_of(json::array({kText}), {300})},
        {"/post_processor", template_of({kEnd, kEnd, kText}, {300})},
        {"/model/vocab/<|end|>", 300},
    };
    Compared compared("files");
    for (const auto& [place, value] : good)
        compared.equal(message_for(place, value), std::string());
    json old = test::small_tokenizer({});
    old["model"].erase("type");
    old["pre_tokenizer"] = test::split_by(llama3());
    old["pre_tokenizer"]["pretokenizers"][0]["behavior"] = "Removed";
    old["pre_tokenizer"]["pretokenizers"][0]["invert"] = true;
    compared.equal(message_of([&] { host::parse_tokenizer("t.json", old.dump()); }), std::string());
    // Nothing said: a space in front, and the cuts of GPT-2.
    old["pre_tokenizer"] = {{"type", "ByteLevel"}};
    const host::TokenizerFile file = host::parse_tokenizer("t.json", old.dump());
    compared.equal(file.pipeline.prefix_space, true);
    compared.equal(file.pipeline.matchers.size(), size_t{1});
}

TEST_CASE("what is not implemented is refused by its name", "[text]") {
    struct Example {
        const char* place;
        json value;
        const char* message;  ///< behind "t.json: "
    };
    const char* const cuts = "ByteLevel, or a Sequence of Split and, as its last, ByteLevel";
    const std::string pre_tokenizer =
        std::string("pre_tokenizer.type is \"Metaspace\"; allowed: ") + cuts;
    const std::string no_level = std::string("pre_tokenizer.type is \"Split\"; allowed: ") + cuts;
    const std::string nothing = std::string("pre_tokenizer is null; allowed: ") + cuts;
    const std::vector<Example> examples = {
        {"/model/type", "Unigram", "model.type is \"Unigram\"; allowed: BPE"},
        {"/model/byte_fallback", true,
         "model.byte_fallback is true; allowed: null or false; this tokenizer is of "
         "SentencePiece's "
         "kind (Llama 2, Mistral v0.1), and only byte-level BPE is read"},
        {"/model/dropout", 0.1, "model.dropout is 0.1; allowed: null"},
        {"/model/end_of_word_suffix", "</w>",
         "model.end_of_word_suffix is \"</w>\"; allowed: null"},
        {"/model/new", 1,
         "key model.new is unknown; allowed: type, dropout, unk_token, continuing_subword_prefix, "
         "end_of_word_suffix, fuse_unk, byte_fallback, ignore_merges, vocab, merges"},
        {"/added_tokens/0/lstrip", true,
         "added_tokens[0].lstrip is true; allowed: null or false; what stands around an added "
         "token "
         "is not looked at"},
        {"/normalizer",
         {{"type", "NFKC"}},
         "normalizer.type is \"NFKC\"; allowed: NFC, or null in place of a normalizer; did you "
         "mean "
         "NFC?"},
        {"/pre_tokenizer", {{"type", "Metaspace"}}, pre_tokenizer.c_str()},
        {"/pre_tokenizer", {{"type", "Split"}}, no_level.c_str()},
        {"/pre_tokenizer", nullptr, nothing.c_str()},
        {"/decoder", {{"type", "Metaspace"}}, "decoder.type is \"Metaspace\"; allowed: ByteLevel"},
        {"/decoder", nullptr, "decoder is null; allowed: ByteLevel"},
        {"/post_processor",
         {{"type", "RobertaProcessing"}},
         "post_processor.type is \"RobertaProcessing\"; allowed: null, ByteLevel, "
         "TemplateProcessing, or a Sequence of these two"},
        {"/post_processor", template_of({kText, kEnd}, {300}),
         "post_processor.single[0] is an object of 1; allowed: objects SpecialToken, then as the "
         "last {\"Sequence\": {\"id\": \"A\"}}"},
        {"/post_processor", template_of({kEnd, kText}, {299}),
         "post_processor is with the token 299; allowed: tokens that the file has"},
    };
    Compared compared("messages");
    for (const Example& example : examples)
        compared.equal(message_for(example.place, example.value),
                       std::string("t.json: ") + example.message);
    const json split = test::split_by("\\s+");
    const std::string message = message_for("/pre_tokenizer", split);
    compared.holds(message.find("t.json: pre_tokenizer.pretokenizers[0].pattern.Regex is "
                                "\"\\\\s+\"; allowed: GPT-2's, 's|'t") == 0,
                   [&] { return message; });
    compared.holds(message.find("; or Llama 3's, " + llama3() + "; or Qwen2's, ") != message.npos,
                   [&] { return message; });
    json late = test::split_by(llama3());
    late["pretokenizers"][1]["add_prefix_space"] = true;
    compared.equal(message_for("/pre_tokenizer", late),
                   std::string("t.json: pre_tokenizer.pretokenizers[1].add_prefix_space is true; "
                               "allowed: false, in a Sequence behind Split"));
}

TEST_CASE("broken files give messages", "[text]") {
    struct Example {
        const char* place;
        json value;
        const char* message;
    };
    const std::vector<Example> examples = {
        {"/model/vocab/ab", 97,
         "model.vocab.ab is 97; allowed: a number that no other token has, 0 to 1048575"},
        {"/model/vocab/ab", 300, "model.vocab.ab is 300; allowed: a number that no other"},
        {"/model/vocab/ab", 1048576, "model.vocab.ab is 1048576; allowed: a number that no"},
        {"/model/vocab/ab", -1, "model.vocab.ab is -1; allowed: a number that no"},
        {"/model/vocab/ab", 1.5, "model.vocab.ab is 1.5; allowed: a number that no"},
        {"/model/vocab",
         {{"a", 0}},
         "model.vocab is without a piece for byte 0; allowed: a piece for each byte"},
        {"/model/vocab", json::array(), "model.vocab is an array of 0; allowed: an object with a"},
        {"/model/vocab/\xe2\x96\x81the", 301,
         "model.vocab is with the piece \"\\xe2\\x96\\x81the\"; allowed: pieces in the characters "
         "that"},
        {"/model/vocab/", 301, "model.vocab is with the piece \"\"; allowed:"},
        {"/model/vocab/<|end|>", 299,
         "model.vocab.<|end|> is 299; allowed: the number of the added token of this text, 300"},
        {"/added_tokens/1", test::added_token(301, "\xc3\xa9", false, false),
         "model.vocab.\\xc3\\xa9 is 233; allowed: the number of the added"},
        {"/added_tokens/1", test::added_token(233, "\xc3\xa9", false, false),
         "model.vocab.\\xc3\\xa9 is 233; allowed: an added token whose text does not spell other "
         "bytes"},
        {"/added_tokens/1", test::added_token(300, "x", false, false),
         "added_tokens[1].id is 300; allowed: a number that no other"},
        {"/added_tokens/1", test::added_token(301, "<|end|>", false, false),
         "added_tokens[1].content is \"<|end|>\"; allowed: a text that no other"},
        {"/added_tokens/1", test::added_token(301, "", false, false),
         "added_tokens[1].content is \"\"; allowed: a text that is not empty"},
        {"/added_tokens/0", 5, "added_tokens[0] is 5; allowed: a JSON object"},
        {"/added_tokens/0/id", nullptr, "added_tokens[0].id is null; allowed: a number"},
        {"/model/merges/0", "a bc",
         "model.merges[0] is \"a bc\"; allowed: two pieces of model.vocab that make a third; "
         "\"bc\" is none"},
        {"/model/merges/0", "a c",
         "model.merges[0] is \"a c\"; allowed: two pieces of model.vocab that make a third; \"ac\" "
         "is none"},
        {"/model/merges/0", "ab", "model.merges[0] is \"ab\"; allowed: two pieces of"},
        {"/model/merges/0", "a b c", "model.merges[0] is \"a b c\"; allowed: two pieces of"},
        {"/model/merges/0", {"a"}, "model.merges[0] is an array of 1; allowed: two pieces of"},
        {"/model/merges/1",
         {"a", "b"},
         "model.merges[1] is an array of 2; allowed: each pair once"},
        {"/model/merges", nullptr, "model.merges is null; allowed: a JSON array"},
        {"/post_processor", json::array({kText}),
         "post_processor is an array of 1; allowed: a JSON object"},
        {"/post_processor", template_of({kEnd, kText}, {-1}),
         "post_processor.special_tokens.<|end|>.ids[0] is -1; allowed: the number of a token"},
    };
    Compared compared("messages");
    for (const Example& example : examples) {
        const std::string message = message_for(example.place, example.value);
        const std::string expected = std::string("t.json: ") + example.message;
        if (std::string(example.place) == "/model")
            compared.equal(message, std::string("t.json: model is null; allowed: a JSON object"));
        else
            compared.equal(message.substr(0, expected.size()), expected, [&] { return message; });
    }
    for (const char* const text :
         {"", "[]", "1", "{}", "{\"model\": {}}", "{\"model\": {\"vocab\": {}"})
        compared.holds(
            message_of([&] { host::parse_tokenizer("t.json", text); }).find("t.json: ") == 0,
            [&] { return text; });
    std::string deep;
    for (int i = 0; i < 100000; ++i) deep += '[';
    compared.holds(
        message_of([&] { host::parse_tokenizer("t.json", deep); }).find("deeper") != deep.npos,
        [] { return "deep"; });
}
