// SPDX-License-Identifier: MIT
// Brute force over tokens: which ordered pairs meet in the calls of a cover, by the mask unit's own
// rule.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/cover/cover.h"
#include "spec/mask.h"

namespace tessera::test {

/// What is wrong with a cover for calls of at most `m` tokens; empty if nothing. `pairs` is raised
/// by the pairs looked at.
inline std::string cover_fault(const host::Cover& cover, uint32_t m, bool causal, uint64_t& pairs) {
    const uint32_t n = cover.tokens;
    std::vector<uint8_t> met(size_t{n} * n, 0);
    for (const auto& lines : cover.classes)
        for (const host::Line& line : lines) {
            std::vector<uint32_t> tokens;
            for (const uint32_t group : line.points)
                for (uint32_t i = 0; i < cover.group_tokens; ++i)
                    if (group * cover.group_tokens + i < n)
                        tokens.push_back(group * cover.group_tokens + i);
            if (tokens.size() > m) return "a call of too many tokens";
            if (tokens.size() != cover.line_tokens(line)) return "line_tokens says another number";
            spec::Mask mask;
            mask.flags = (causal ? uint32_t{spec::kMaskCausal} : 0u) |
                         (line.apart != 0 ? uint32_t{spec::kMaskDiagOff} : 0u);
            mask.diag_group = line.apart * cover.group_tokens;
            if (!spec::mask_legal(mask, m)) return "an illegal mask";
            for (uint32_t i = 0; i < tokens.size(); ++i)
                for (uint32_t j = 0; j < tokens.size(); ++j)
                    if (spec::mask_allows(mask, i, j, tokens[i], tokens[j]))
                        ++met[size_t{tokens[i]} * n + tokens[j]];
        }
    for (uint32_t q = 0; q < n; ++q)
        for (uint32_t k = 0; k < n; ++k, ++pairs) {
            const uint32_t expected = causal && k > q ? 0 : 1, times = met[size_t{q} * n + k];
            if (times != expected)
                return "tokens " + std::to_string(q) + " and " + std::to_string(k) + " meet " +
                       std::to_string(times) + " times";
        }
    return "";
}

}  // namespace tessera::test
