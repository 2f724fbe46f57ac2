// SPDX-License-Identifier: MIT
#include "host/operation/exactness.h"

#include <fmt/format.h>

#include "host/text.h"

namespace tessera::host {
namespace {

std::string place_of(const Exactness& exactness, const InexactRows& rows) {
    if (!exactness.heads) return fmt::format("row {}", rows.first.row);
    return fmt::format("head {}, token {}", rows.first.head, rows.first.row);
}

}  // namespace

InexactWords words_of(Inexact kind) {
    switch (kind) {
        case Inexact::kSaturated:
            return {"saturated", "row has a score that was clamped at +-32,767 in log2 units",
                    "rows have scores that were clamped at +-32,767 in log2 units",
                    "smaller q, k or `workload.scale` keep scores in range"};
        case Inexact::kAuditedSaturated:
            return {"audited_saturated",
                    "audited row has a score that was clamped at +-32,767 in log2 units",
                    "audited rows have scores that were clamped at +-32,767 in log2 units",
                    "smaller q, k or `workload.scale` keep scores in range"};
        case Inexact::kNonFinite:
            return {"nonfinite", "row has NaN or Inf that the input does not explain",
                    "rows have NaN or Inf that the input does not explain",
                    "smaller numbers keep sums in the range of fp32"};
        case Inexact::kRange:
            return {"range", "row has squares that leave the range of fp32",
                    "rows have squares that leave the range of fp32",
                    "smaller numbers keep sums in the range of fp32"};
        case Inexact::kDenominator: break;
    }
    return {"denominator", "row has a denominator that may be lost below 2^-126",
            "rows have denominators that may be lost below 2^-126",
            "numbers of more similar size keep features of q and k in range"};
}

void Exactness::add(Inexact kind, const std::vector<RowName>& rows) {
    if (!rows.empty()) inexact.push_back({kind, rows.size(), rows.front()});
}

std::string Exactness::text() const {
    std::string text;
    for (const InexactRows& rows : inexact) {
        const InexactWords words = words_of(rows.kind);
        text += fmt::format("{}{} {}, the first is {}", text.empty() ? "" : "; ",
                            with_commas(rows.rows), rows.rows == 1 ? words.one : words.many,
                            place_of(*this, rows));
    }
    return text;
}

std::string Exactness::message(const std::string& name) const {
    std::string text = fmt::format(
        "the result is not exact: {}. {}", this->text(),
        accepted
            ? "`outputs.accept_inexact` accepts it; a check may still fail, and "
              "`outputs.check=false` leaves it out."
            : fmt::format("{} is withheld; `outputs.accept_inexact` accepts it as it is.", name));
    std::string helps;
    for (const InexactRows& rows : inexact) {
        const std::string one = words_of(rows.kind).helps;
        if (helps.find(one) == std::string::npos) helps += (helps.empty() ? "" : "; ") + one;
    }
    return text + " What helps: " + helps + ".";
}

}  // namespace tessera::host
