// SPDX-License-Identifier: MIT
#include "host/sweep/values.h"

#include <cmath>
#include <cstdint>
#include <set>

#include "host/error.h"
#include "host/experiment/field_values.h"
#include "host/io/json_text.h"

namespace tessera::host {
namespace {

using nlohmann::json;

constexpr const char* kRange =
    "{\"from\": A, \"to\": B, \"step\": S} or {\"from\": A, \"to\": B, \"times\": F}, numbers with "
    "A <= B, S > 0, F > 1, and A > 0 with times, of at most 1000000 values";

/// The numbers of a range. False if it is none.
bool read_range(const json& range, double& from, double& to, double& step, double& times) {
    for (const auto& [key, value] : range.items()) {
        double* const place = key == "from"    ? &from
                              : key == "to"    ? &to
                              : key == "step"  ? &step
                              : key == "times" ? &times
                                               : nullptr;
        if (place == nullptr || !value.is_number() || !std::isfinite(value.get<double>()))
            return false;
        *place = value.get<double>();
    }
    const bool both = range.contains("step") && range.contains("times");
    if (!range.contains("from") || !range.contains("to") || both || from > to) return false;
    return range.contains("times") ? times > 1 && from > 0 : step > 0;
}

std::vector<json> range_values(const std::string& where, const std::string& place,
                               const json& range) {
    double from = 0, to = 0, step = 1, times = 0;
    if (!read_range(range, from, to, step, times))
        throw bad_value(where, place, json_excerpt(range), kRange);
    std::vector<json> values;
    for (double x = from; x <= to;) {
        if (values.size() == kMaxValues) throw bad_value(where, place, json_excerpt(range), kRange);
        values.push_back(as_whole(x));
        const auto count = static_cast<double>(values.size());
        const double next = times > 1 ? x * times : from + count * step;
        if (next == x) break;  // beyond what a double can tell apart
        x = next;
    }
    return values;
}

}  // namespace

std::vector<json> listed_values(const std::string& where, const std::string& place,
                                const json& given) {
    if (given.is_object()) return range_values(where, place, given);
    if (!given.is_array() || given.empty() || given.size() > kMaxValues)
        throw bad_value(where, place, json_excerpt(given),
                        std::string("a list of at most 1000000 values, or ") + kRange);
    std::vector<json> values;
    std::set<std::string> seen;
    for (const json& value : given) {
        if (!seen.insert(as_whole(value).dump()).second)
            throw bad_value(where, place, json_excerpt(value), "each value once");
        values.push_back(as_whole(value));
    }
    return values;
}

}  // namespace tessera::host
