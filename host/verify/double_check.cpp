// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "host/report/coverage_text.h"
#include "host/verify/case.h"

namespace tessera::verify {

bool firmware_succeeded(const Outcome& outcome, Comparison& comparison) {
    const fw::Status& s = outcome.status;
    bool good = s.ok();
    comparison.holds(good, [&] {
        return fmt::format("firmware ended with status {}; device error {}: {} (tag {})",
                           static_cast<uint32_t>(s.code), static_cast<uint32_t>(s.error),
                           spec::error_text(s.error), s.tag);
    });
    for (const Outcome& other : outcome.others)
        good = firmware_succeeded(other, comparison) && good;
    return good;
}

void compare_with_double(const host::ReferenceProblem& problem, const host::BoundParams& params,
                         const std::vector<float>& o, const std::vector<double>& lse,
                         Comparison& comparison) {
    const host::ReferenceResult exact = host::reference_attention(problem);
    count(host::compare_with_reference(problem, exact, params, o.data(),
                                       lse.empty() ? nullptr : lse.data()),
          comparison);
}

void count(const host::ErrorSummary& e, Comparison& comparison) {
    comparison.elements += e.elements + e.lse_rows;
    if (e.elements == 0) comparison.different(hw::kNever, host::nothing_held_text(e));
    if (!e.outside_bound()) return;
    comparison.different(
        hw::kNever,
        fmt::format("{} elements of o and {} of lse are outside the bound of the reference; the "
                    "worst of o is {:.3g} times its bound, in head {} row {} column {}",
                    e.outside, e.lse_outside, e.max_over_full_bound, e.worst_head, e.worst_row,
                    e.worst_column));
}

void count(const host::ElementErrors& e, Comparison& comparison) {
    comparison.elements += e.elements;
    if (e.elements == 0) comparison.different(hw::kNever, host::nothing_held_text(e));
    if (!e.outside_bound()) return;
    comparison.different(hw::kNever,
                         fmt::format("{} elements are outside the bound of the reference; the "
                                     "worst is {:.3g} times its bound",
                                     e.outside, e.max_over_bound));
}

}  // namespace tessera::verify
