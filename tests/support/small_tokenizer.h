// SPDX-License-Identifier: MIT
// A tokenizer.json of the byte-level kind, made from bytes and merges.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "host/io/utf8.h"

namespace tessera::test {

/// The characters of GPT-2 for bytes: those of three ranges stand for themselves.
inline std::string spell(const std::string& bytes) {
    std::string piece;
    for (const char c : bytes) {
        const auto byte = static_cast<uint8_t>(c);
        char32_t other = 256;
        const auto keeps = [](uint32_t b) {
            return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || (b >= 174 && b <= 255);
        };
        for (uint32_t b = 0; b < byte; ++b) other += keeps(b) ? 0 : 1;
        host::append_utf8(keeps(byte) ? byte : other, piece);
    }
    return piece;
}

inline std::string byte_text(uint32_t byte) { return std::string(1, static_cast<char>(byte)); }

using Merges = std::vector<std::pair<std::string, std::string>>;

/// Bytes are tokens 0 to 255, then what merges make, in their order; ByteLevel cuts as GPT-2 does.
inline nlohmann::json small_tokenizer(const Merges& merges) {
    using nlohmann::json;
    json vocabulary = json::object(), list = json::array();
    for (uint32_t byte = 0; byte < 256; ++byte) vocabulary[spell(byte_text(byte))] = byte;
    for (const auto& [left, right] : merges) {
        list.push_back(spell(left) + " " + spell(right));
        const std::string merged = spell(left + right);
        if (!vocabulary.contains(merged)) vocabulary[merged] = vocabulary.size();
    }
    const json byte_level = {{"type", "ByteLevel"}, {"add_prefix_space", false}};
    return {{"version", "1.0"},
            {"truncation", nullptr},
            {"padding", nullptr},
            {"added_tokens", json::array()},
            {"normalizer", nullptr},
            {"pre_tokenizer", byte_level},
            {"post_processor", nullptr},
            {"decoder", byte_level},
            {"model", {{"type", "BPE"}, {"vocab", vocabulary}, {"merges", list}}}};
}

inline nlohmann::json added_token(uint32_t id, const std::string& content, bool special,
                                  bool normalized) {
    return {{"id", id},        {"content", content}, {"single_word", false},    {"lstrip", false},
            {"rstrip", false}, {"special", special}, {"normalized", normalized}};
}

/// Cuts by a pattern, then spells bytes, as the files of Llama 3 and Qwen2 say it.
inline nlohmann::json split_by(const std::string& regex) {
    return {{"type", "Sequence"},
            {"pretokenizers",
             {{{"type", "Split"},
               {"pattern", {{"Regex", regex}}},
               {"behavior", "Isolated"},
               {"invert", false}},
              {{"type", "ByteLevel"}, {"add_prefix_space", false}, {"use_regex", false}}}}};
}

}  // namespace tessera::test
