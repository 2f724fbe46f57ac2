// SPDX-License-Identifier: MIT
// When requests come to a service, and how long they are: from a file, or drawn. A line of the file
// is
//   arrival_s,prompt_tokens,new_tokens
// and the first line is exactly that.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::host {

inline constexpr uint32_t kMostRequests = 1 << 20;
inline constexpr double kMostArrival = 1e6;  ///< seconds

/// When a request comes, and how long it is. Which tokens it has is drawn.
struct RequestShape {
    double arrival = 0;  ///< seconds from the beginning
    uint32_t prompt_tokens = 1, new_tokens = 1;

    /// Rows of caches that it comes to: its last token is in none.
    uint64_t rows() const { return uint64_t{prompt_tokens} + new_tokens - 1; }
};

/// Parses the text of a trace; `file` names it in messages. UserError with line, value and what is
/// allowed; arrivals ascend.
std::vector<RequestShape> parse_requests(const std::string& file, std::string_view text);
std::vector<RequestShape> read_requests(const std::string& path);

/// Numbers of tokens, all equally likely.
struct TokenBounds {
    uint32_t least = 1, most = 1;
};
struct RandomRequests {
    uint32_t count = 100;
    double rate = 1;  ///< requests a second: gaps between arrivals are exponential
    TokenBounds prompt_tokens{16, 256}, new_tokens{16, 128};
    uint64_t seed = 1;
};
std::vector<RequestShape> random_requests(const RandomRequests& wish);

}  // namespace tessera::host
