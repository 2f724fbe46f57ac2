// SPDX-License-Identifier: MIT
// Is a result exact, as far as the device's flags and the result itself tell? One that is known not
// to be is withheld, unless the user accepts it.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/reference/coverage.h"

namespace tessera::host {

/// What makes a row inexact.
enum class Inexact {
    kSaturated,         ///< a score was clamped
    kAuditedSaturated,  ///< likewise, in the exact run of an audited row
    kNonFinite,         ///< NaN or Inf that does not come from the input
    kRange,             ///< a sum on the way leaves the range of fp32
    kDenominator        ///< of linear attention: it may be lost below 2^-126
};

struct InexactWords {
    const char* key;    ///< in a report
    const char* one;    ///< what is wrong with such a row
    const char* many;   ///< the same of several
    const char* helps;  ///< what the user can do
};
InexactWords words_of(Inexact kind);

struct InexactRows {
    Inexact kind = Inexact::kSaturated;
    uint64_t rows = 0;  ///< never 0
    RowName first;
};

struct Exactness {
    bool known = false;     ///< false: there is no result to speak of
    bool accepted = false;  ///< the user takes what there is
    bool heads = true;      ///< false: a row has no head, it is one of a matrix
    std::vector<InexactRows> inexact;

    /// Notes `rows`, ascending, if there are any.
    void add(Inexact kind, const std::vector<RowName>& rows);
    bool exact() const { return inexact.empty(); }
    bool withheld() const { return !exact() && !accepted; }
    /// What is not exact, in words: "3 rows have ..., the first is head 0, token 1; ...".
    std::string text() const;
    /// The same for stderr: a sentence, what happens to the result `name`, and what helps.
    std::string message(const std::string& name) const;
};

}  // namespace tessera::host
