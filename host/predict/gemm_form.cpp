// SPDX-License-Identifier: MIT
#include "host/predict/gemm_form.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "host/error.h"
#include "host/text.h"

namespace tessera::host {
namespace {

/// Predictions closer than this are a tie.
constexpr double kTie = 0.005;

GemmCandidate candidate_of(Gemm gemm, GemmForm form, const hw::PlatformConfig& config) {
    gemm.form = form;
    MemoryMap map(config);
    const GemmLayout layout = make_gemm_layout(gemm, config.params, map);
    return {form, gemm_calls(gemm, config.params), predict(layout, config)};
}

}  // namespace

std::vector<GemmCandidate> gemm_candidates(const Gemm& gemm, bool exact,
                                           const hw::PlatformConfig& config) {
    std::vector<GemmCandidate> candidates;
    std::optional<UserError> refusal;
    for (const GemmForm form : {GemmForm::kRows, GemmForm::kColumns, GemmForm::kScores}) {
        if (exact && form == GemmForm::kScores) continue;
        try {
            candidates.push_back(candidate_of(gemm, form, config));
        } catch (const UserError& error) {
            if (!refusal) refusal = error;
        }
    }
    if (candidates.empty()) throw UserError(*refusal);
    const auto cycles = [](const GemmCandidate& c) {
        return static_cast<double>(c.prediction.cycles);
    };
    std::stable_sort(
        candidates.begin(), candidates.end(),
        [&](const GemmCandidate& a, const GemmCandidate& b) { return cycles(a) < cycles(b); });
    const auto ties =
        std::find_if(candidates.begin(), candidates.end(), [&](const GemmCandidate& c) {
            return cycles(c) > (1 + kTie) * cycles(candidates.front());
        });
    std::stable_sort(candidates.begin(), ties, [](const GemmCandidate& a, const GemmCandidate& b) {
        return a.form < b.form;
    });
    return candidates;
}

std::string choice_text(const std::vector<GemmCandidate>& candidates) {
    std::string all;
    for (const GemmCandidate& c : candidates)
        all += fmt::format("{}{} {} cycles", all.empty() ? "" : ", ", form_name(c.form),
                           with_commas(c.prediction.cycles));
    return fmt::format("Form {} by prediction: {}.", form_name(candidates.front().form), all);
}

}  // namespace tessera::host
