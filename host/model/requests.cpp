// SPDX-License-Identifier: MIT
#include "host/model/requests.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>
#include <random>

#include "host/error.h"
#include "host/io/mapped_file.h"

namespace tessera::host {
namespace {

constexpr std::string_view kHeader = "arrival_s,prompt_tokens,new_tokens";
constexpr double kMostSeconds = 1e6;
constexpr uint32_t kMostTokens = 1u << 24;

/// A uniform number in [0, 1) of 53 bits: the same on every machine.
double uniform(std::mt19937_64& random) {
    return std::ldexp(static_cast<double>(random() >> 11), -53);
}

/// What is in front of the first comma; `rest` becomes what is behind it.
std::string cell(std::string_view& rest) {
    const size_t end = rest.find(',');
    const std::string text(rest.substr(0, end));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    return text;
}

/// A line of a trace.
class LineReader {
  public:
    LineReader(const std::string& file, size_t number, std::string_view line)
        : where_(fmt::format("{}:{}", file, number)), rest_(line) {}

    double seconds(double least) {
        const std::string text = cell(rest_);
        char* end = nullptr;
        const double value = std::strtod(text.c_str(), &end);
        const bool number = !text.empty() && *end == 0 && text.front() != ' ';
        if (!number || !(value >= least && value <= kMostSeconds))
            throw bad_value(
                where_, "arrival_s", text,
                fmt::format("a number, {} (the arrival before it) to {}", least, kMostSeconds));
        return value;
    }
    uint32_t tokens(const char* key) {
        const std::string text = cell(rest_);
        char* end = nullptr;
        const unsigned long long value = std::strtoull(text.c_str(), &end, 10);
        const bool digits = !text.empty() && text.front() >= '0' && text.front() <= '9';
        if (!digits || *end != 0 || value < 1 || value > kMostTokens)
            throw bad_value(where_, key, text, fmt::format("a whole number, 1 to {}", kMostTokens));
        return static_cast<uint32_t>(value);
    }
    void finish() const {
        if (!rest_.empty()) throw bad_value(where_, "line", "longer", fmt::format("{}", kHeader));
    }

  private:
    const std::string where_;
    std::string_view rest_;
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
        LineReader reader(file, number, line);
        RequestShape request;
        request.arrival = reader.seconds(requests.empty() ? 0 : requests.back().arrival);
        request.prompt_tokens = reader.tokens("prompt_tokens");
        request.new_tokens = reader.tokens("new_tokens");
        reader.finish();
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
