// SPDX-License-Identifier: MIT
#include "host/text/added_tokens.h"

namespace tessera::host {
namespace {

uint64_t key_of(uint32_t node, char byte) {
    return uint64_t{node} << 8 | static_cast<uint8_t>(byte);
}

}  // namespace

void AddedTokens::insert(std::string_view text, uint32_t token) {
    uint32_t node = kRoot;
    for (const char byte : text) {
        const auto created = static_cast<uint32_t>(tokens_.size());
        const auto [entry, is_new] = next_.emplace(key_of(node, byte), created);
        if (is_new) tokens_.push_back(kNone);
        node = entry->second;
    }
    tokens_[node] = token;
}

AddedTokens::Part AddedTokens::match(std::string_view rest) const {
    Part longest;
    uint32_t node = kRoot;
    for (size_t length = 0; length < rest.size();) {
        const auto found = next_.find(key_of(node, rest[length]));
        if (found == next_.end()) break;
        node = found->second;
        ++length;
        if (tokens_[node] != kNone) longest = {rest.substr(0, length), tokens_[node]};
    }
    return longest;
}

std::vector<AddedTokens::Part> AddedTokens::split(std::string_view text) const {
    std::vector<Part> parts;
    size_t begin = 0;  // of what is between two
    for (size_t at = 0; at < text.size() && !next_.empty();) {
        const Part found = match(text.substr(at));
        if (found.text.empty()) {
            ++at;
            continue;
        }
        if (at != begin) parts.push_back({text.substr(begin, at - begin)});
        parts.push_back(found);
        at += found.text.size();
        begin = at;
    }
    if (begin != text.size()) parts.push_back({text.substr(begin)});
    return parts;
}

}  // namespace tessera::host
