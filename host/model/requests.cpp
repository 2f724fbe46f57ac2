// SPDX-License-Identifier: MIT
#include "host/model/requests.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <random>

#include "host/error.h"
#include "host/io/mapped_file.h"

namespace tessera::host {
namespace {

constexpr std::string_view kHeader = "arrival_s,prompt_tokens,new_tokens";
constexpr uint32_t kMostTokens = 1u << 24;

/// A uniform number in [0, 1) of 53 bits: the same on every machine.
double uniform(std::mt19937_64& random) {
    return std::ldexp(static_cast<double>(random() >> 11), -53);
}

/// A line of a trace.
class LineReader {
  public:
    LineReader(const std::string& file, size_t number, std::string_view line)
        : where_(fmt::format("{}:{}", file, number)),
          rest_(line),
          cells_(1 + static_cast<size_t>(std::count(line.begin(), line.end(), ','))) {}

    double seconds(double least) {
        const std::string text = cell();
        double value = 0;
        if (!parses(text, value) || !(value >= least && value <= kMostArrival))
            throw bad_value(
                where_, "arrival_s", text,
                fmt::format("a number, {} (the arrival before it) to {}", least, kMostArrival));
        return value;
    }
    uint32_t tokens(const char* key) {
        const std::string text = cell();
        uint32_t value = 0;
        if (!parses(text, value) || value < 1 || value > kMostTokens)
            throw bad_value(where_, key, text, fmt::format("a whole number, 1 to {}", kMostTokens));
        return value;
    }
    void finish() const {
        if (cells_ != 3)
            throw bad_value(where_, "line", fmt::format("of {} cells", cells_),
                            std::string(kHeader));
    }

  private:
    /// What is in front of the next comma; empty behind the last.
    std::string cell() {
        const size_t end = rest_.find(',');
        const std::string text(rest_.substr(0, end));
        rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
        return text;
    }
    template <typename T>
    static bool parses(const std::string& text, T& value) {
        const char* const end = text.data() + text.size();
        const auto read = std::from_chars(text.data(), end, value);
        return read.ec == std::errc() && read.ptr == end;
    }

    const std::string where_;
    std::string_view rest_;
    const size_t cells_;
};

}  // namespace

std::vector<RequestShape> parse_requests(const std::string& file, std::string_view text) {
    std::vector<RequestShape> requests;
    size_t number = 0;
    while (!text.empty()) {
        const size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
        if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
        if (++number == 1) {
            if (line != kHeader) throw bad_value(file, "first line", line, std::string(kHeader));
            continue;
        }
        if (line.empty() && text.empty()) break;  // an empty last line
        LineReader reader(file, number, line);
        reader.finish();
        RequestShape request;
        request.arrival = reader.seconds(requests.empty() ? 0 : requests.back().arrival);
        request.prompt_tokens = reader.tokens("prompt_tokens");
        request.new_tokens = reader.tokens("new_tokens");
        requests.push_back(request);
        if (requests.size() > kMostRequests)
            throw bad_value(file, "requests", "more", fmt::format("at most {}", kMostRequests));
    }
    if (requests.empty())
        throw bad_value(file, "requests", "none", fmt::format("{}, and a line for each", kHeader));
    return requests;
}

std::vector<RequestShape> read_requests(const std::string& path) {
    const MappedFile file(path);
    return parse_requests(path, {reinterpret_cast<const char*>(file.data()), file.bytes()});
}

std::vector<RequestShape> random_requests(const RandomRequests& wish) {
    std::mt19937_64 random(wish.seed);
    const auto tokens = [&](const TokenBounds& range) {
        return range.least + static_cast<uint32_t>(random() % (range.most - range.least + 1));
    };
    std::vector<RequestShape> requests(wish.count);
    double now = 0;
    for (RequestShape& request : requests) {
        now += -std::log(1 - uniform(random)) / wish.rate;
        request = {now, tokens(wish.prompt_tokens), tokens(wish.new_tokens)};
    }
    return requests;
}

}  // namespace tessera::host
