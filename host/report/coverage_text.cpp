// SPDX-License-Identifier: MIT
#include "host/report/coverage_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "host/report/json_parts.h"
#include "host/report/table.h"
#include "host/text.h"

namespace tessera::host {
namespace {

using Json = nlohmann::ordered_json;

struct Words {
    const char* key;
    const char* because;
};

Words words_of(NotComparable why) {
    switch (why) {
        case NotComparable::kRange: return {"range", "sums may leave the fp32 range"};
        case NotComparable::kDenominator:
            return {"denominator", "more than 2^-24 of the denominator may be flushed to zero"};
        case NotComparable::kNonFinite: break;
    }
    return {"nonfinite",
            "one of exact and actual value is NaN, the other Inf: a weight flushed to zero makes "
            "NaN of an Inf"};
}

}  // namespace

std::string coverage_text(const Coverage& coverage) {
    std::string text = fmt::format("compared {} of {} elements", with_commas(coverage.elements),
                                   with_commas(coverage.all()));
    for (const NotComparable why : kReasons)
        if (const uint64_t count = coverage.not_compared(why); count != 0)
            text += fmt::format(", {} not comparable because {}", with_commas(count),
                                words_of(why).because);
    return text;
}

std::string nothing_compared_text(const Coverage& coverage) {
    return "`outputs.check` had nothing to compare: " + coverage_text(coverage);
}

std::string nothing_held_text(const Coverage& coverage) {
    return "no element of the result could be compared with the reference: " +
           coverage_text(coverage);
}

Json of_compared(const Coverage& coverage, double value) {
    return coverage.elements == 0 ? Json() : Json(value);
}

Json within_bound_json(uint64_t elements, bool outside_bound) {
    return elements == 0 ? Json() : Json(!outside_bound);
}

Json not_compared_json(const Coverage& coverage) {
    Json reasons = Json::object();
    for (const NotComparable why : kReasons)
        if (const uint64_t count = coverage.not_compared(why); count != 0)
            reasons[words_of(why).key] = quantity(count, "element", words_of(why).because);
    Json json = quantity(coverage.not_compared(), "element",
                         "not comparable with their exact values, for the reasons given");
    json["reasons"] = reasons;
    return json;
}

}  // namespace tessera::host
