// SPDX-License-Identifier: MIT
#include "host/text/tokenizer_file.h"

#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "host/error.h"
#include "host/io/json_text.h"
#include "host/io/mapped_file.h"
#include "host/io/utf8.h"
#include "host/text/byte_alphabet.h"
#include "host/text/json_place.h"
#include "host/text/tokenizer_pipeline.h"

namespace tessera::host {
namespace {

using nlohmann::json;

const std::string& allowed_token() {
    static const std::string text =
        "a number that no other token has, 0 to " + std::to_string(kMaxTokens - 1);
    return text;
}

std::optional<uint32_t> token_of(const json& value) {
    if (!value.is_number_unsigned() || value.get<uint64_t>() >= kMaxTokens) return std::nullopt;
    return value.get<uint32_t>();
}

class TokenizerReader {
  public:
    TokenizerReader(TokenizerFile& out, const JsonPlace& root)
        : out_(out), root_(root), model_(root["model"]), vocabulary_(model_["vocab"]) {}

    void read() {
        root_.allow_keys({"version", "truncation", "padding", "added_tokens", "normalizer",
                          "pre_tokenizer", "post_processor", "decoder", "model"});
        read_kind();
        out_.pipeline = read_pipeline(root_);
        read_added();
        read_vocabulary();
        check_bytes();
        read_merges();
        for (const uint32_t token : out_.pipeline.leading)
            if (token >= out_.entries.size() || !out_.entries[token].exists)
                throw bad_value(out_.file, "post_processor",
                                "with the token " + std::to_string(token),
                                "tokens that the file has");
    }

  private:
    void read_kind();
    void read_added();
    AddedToken read_added(const JsonPlace& token);
    void read_vocabulary();
    void read_piece(const std::string& piece, uint32_t token);
    void check_bytes() const;
    void read_merges();
    BytePair read_pair(const JsonPlace& merge) const;

    /// The entry of a token that has none yet; nullptr if it has one.
    TokenEntry* new_entry(uint32_t token) {
        if (token >= out_.entries.size()) out_.entries.resize(token + 1);
        TokenEntry& entry = out_.entries[token];
        return std::exchange(entry.exists, true) ? nullptr : &entry;
    }

    TokenizerFile& out_;
    const JsonPlace root_, model_, vocabulary_;
    std::map<std::string, size_t> added_;                    ///< place in out_.added, by text
    std::unordered_map<std::string_view, uint32_t> pieces_;  ///< token, by keys of vocabulary_
};

/// Is it byte-level BPE, with nothing else about its model?
void TokenizerReader::read_kind() {
    model_.allow_keys({"type", "dropout", "unk_token", "continuing_subword_prefix",
                       "end_of_word_suffix", "fuse_unk", "byte_fallback", "ignore_merges", "vocab",
                       "merges"});
    const JsonPlace type = model_["type"];  // old files have none
    if (!type.is_null() && type.text("BPE") != "BPE") type.refuse("BPE");
    model_["byte_fallback"].require_off(
        "this tokenizer is of SentencePiece's kind (Llama 2, Mistral v0.1), and only byte-level "
        "BPE "
        "is read");
    if (!model_["dropout"].is_null()) model_["dropout"].refuse("null");
    for (const char* const key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
        const JsonPlace affix = model_[key];
        if (!affix.is_null() && !affix.text("null").empty()) affix.refuse("null");
    }
    // The token of what is unknown and how many of them are joined: each byte is known.
    const JsonPlace unknown = model_["unk_token"];
    if (!unknown.is_null()) unknown.text("null or a text");
    model_["fuse_unk"].flag_or(false);
    out_.ignore_merges = model_["ignore_merges"].flag_or(false);
}

AddedToken TokenizerReader::read_added(const JsonPlace& token) {
    token.allow_keys({"id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"});
    for (const char* const key : {"single_word", "lstrip", "rstrip"})
        token[key].require_off("what stands around an added token is not looked at");
    AddedToken added;
    added.text = token["content"].text("a text");
    added.is_special = token["special"].flag_or(false);
    added.is_normalized = token["normalized"].flag_or(!added.is_special);
    if (added.text.empty()) token["content"].refuse("a text that is not empty");
    if (!added_.emplace(added.text, out_.added.size()).second)
        token["content"].refuse("a text that no other added token has");
    const std::optional<uint32_t> number = token_of(token["id"].value());
    TokenEntry* const entry = number ? new_entry(*number) : nullptr;
    if (entry == nullptr) token["id"].refuse(allowed_token());
    added.token = *number;
    entry->bytes = added.text;
    entry->is_special = added.is_special;
    return added;
}

void TokenizerReader::read_added() {
    const JsonPlace list = root_["added_tokens"];
    if (list.is_null()) return;
    for (size_t i = 0; i < list.size(); ++i) out_.added.push_back(read_added(list[i]));
}

void TokenizerReader::read_vocabulary() {
    if (!vocabulary_.value().is_object())
        vocabulary_.refuse("an object with a number for each piece");
    const auto& pieces = vocabulary_.value().get_ref<const json::object_t&>();
    pieces_.reserve(pieces.size());
    for (const auto& [piece, number] : pieces) {
        const std::optional<uint32_t> token = token_of(number);
        if (!token) vocabulary_[piece].refuse(allowed_token());
        read_piece(piece, *token);
        pieces_.emplace(piece, *token);
    }
}

void TokenizerReader::read_piece(const std::string& piece, uint32_t token) {
    const std::optional<std::string> bytes = spelt_bytes(piece);
    const auto added = added_.find(piece);
    if (added != added_.end()) {
        const AddedToken& twin = out_.added[added->second];
        if (twin.token != token)
            vocabulary_[piece].refuse("the number of the added token of this text, " +
                                      std::to_string(twin.token));
        if (bytes && *bytes != twin.text)
            vocabulary_[piece].refuse("an added token whose text does not spell other bytes");
    } else {
        if (!bytes || bytes->empty())
            throw bad_value(out_.file, "model.vocab", "with the piece \"" + piece + "\"",
                            "pieces in the characters that stand for bytes");
        TokenEntry* const entry = new_entry(token);
        if (entry == nullptr) vocabulary_[piece].refuse(allowed_token());
        entry->bytes = *bytes;
    }
    out_.entries[token].is_piece = bytes.has_value();
}

void TokenizerReader::check_bytes() const {
    for (uint32_t byte = 0; byte < 256; ++byte) {
        const std::string piece =
            encode_utf8(std::u32string(1, byte_character(static_cast<uint8_t>(byte))));
        if (pieces_.count(piece) == 0)
            throw bad_value(out_.file, "model.vocab",
                            "without a piece for byte " + std::to_string(byte),
                            "a piece for each byte");
    }
}

/// A pair as "LEFT RIGHT" or as ["LEFT", "RIGHT"].
BytePair TokenizerReader::read_pair(const JsonPlace& merge) const {
    const std::string allowed = "two pieces of model.vocab that make a third";
    std::string left, right;
    if (merge.value().is_array()) {
        if (merge.size() != 2) merge.refuse(allowed);
        left = merge[0].text(allowed);
        right = merge[1].text(allowed);
    } else {
        const std::string& both = merge.text(allowed);
        const size_t space = both.find(' ');
        left = both.substr(0, space);
        if (space != both.npos) right = both.substr(space + 1);
    }
    const auto find = [&](const std::string& piece) {
        const auto found = pieces_.find(piece);
        if (found == pieces_.end())
            merge.refuse(allowed + "; \"" + printable(piece) + "\" is none");
        return found->second;
    };
    return {find(left), find(right), find(left + right)};
}

void TokenizerReader::read_merges() {
    const JsonPlace merges = model_["merges"];
    std::unordered_set<uint64_t> seen;
    for (size_t rank = 0; rank < merges.size(); ++rank) {
        const BytePair pair = read_pair(merges[rank]);
        if (!seen.insert(uint64_t{pair.left} << 32 | pair.right).second)
            merges[rank].refuse("each pair once");
        out_.pairs.push_back(pair);
    }
}

}  // namespace

TokenizerFile parse_tokenizer(const std::string& file, std::string_view text) {
    TokenizerFile out;
    out.file = file;
    const json root = parse_json(file, text);
    TokenizerReader(out, JsonPlace(file, root)).read();
    return out;
}

TokenizerFile read_tokenizer(const std::string& path) {
    const MappedFile file(path);
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.bytes());
    return parse_tokenizer(path, text);
}

}  // namespace tessera::host
