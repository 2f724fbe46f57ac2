// SPDX-License-Identifier: MIT
#include "host/problem/tile_order.h"

#include <fmt/format.h>

#include <charconv>

#include "host/error.h"
#include "host/io/mapped_file.h"

namespace tessera::host {
namespace {

constexpr std::string_view kBetween = " \t,\r";

/// Takes the next number off the front of `line`; false if there is none.
bool take_number(std::string_view& line, uint32_t& number) {
    line.remove_prefix(std::min(line.find_first_not_of(kBetween), line.size()));
    const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), number);
    if (error != std::errc()) return false;
    line.remove_prefix(static_cast<size_t>(end - line.data()));
    return line.empty() || kBetween.find(line.front()) != std::string_view::npos;
}

bool is_blank(std::string_view line) {
    return line.find_first_not_of(kBetween) == std::string_view::npos;
}

}  // namespace

std::vector<fw::TilePair> tile_order(const std::string& where, std::string_view text) {
    std::vector<fw::TilePair> order;
    for (uint64_t number = 1; !text.empty(); ++number) {
        const size_t end = std::min(text.find('\n'), text.size());
        const std::string_view whole = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (is_blank(whole) || whole.front() == '#') continue;
        std::string_view line = whole;
        fw::TilePair pair;
        if (!take_number(line, pair.stack) || !take_number(line, pair.q_tile) ||
            !take_number(line, pair.k_tile) || !is_blank(line))
            throw bad_value(where, fmt::format("line {}", number), printable(whole.substr(0, 60)),
                            "three whole numbers: stack, query tile, key tile");
        if (order.size() == UINT32_MAX) throw UserError(where + ": more than 2^32 - 1 pairs");
        order.push_back(pair);
    }
    return order;
}

std::vector<fw::TilePair> read_tile_order(const std::string& path) {
    return about_field("schedule.order", [&path] {
        const MappedFile file(path);
        return tile_order(path, file.text());
    });
}

}  // namespace tessera::host
