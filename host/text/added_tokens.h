// SPDX-License-Identifier: MIT
// Texts that are tokens by themselves wherever they stand, such as <|endoftext|>. Where several
// begin at one place the longest counts.
#pragma once
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tessera::host {

class AddedTokens {
  public:
    static constexpr uint32_t kNone = UINT32_MAX;

    /// A piece of a text: an added token, or kNone and what is between two.
    struct Part {
        std::string_view text;
        uint32_t token = kNone;
    };

    /// `text`, not empty, is `token`.
    void insert(std::string_view text, uint32_t token);
    /// The parts of a text, of which none is empty. Time is linear in the text, times the length of
    /// the longest added token.
    std::vector<Part> split(std::string_view text) const;

  private:
    /// The longest that begins where `rest` begins; an empty text if none does.
    Part match(std::string_view rest) const;

    static constexpr uint32_t kRoot = 0;

    std::vector<uint32_t> tokens_{kNone};          ///< by node; kNone where no text ends
    std::unordered_map<uint64_t, uint32_t> next_;  ///< by node and byte
};

}  // namespace tessera::host
