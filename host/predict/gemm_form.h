// SPDX-License-Identifier: MIT
// `--form auto`: predicts every form of a gemm and takes the fastest.
#pragma once
#include <string>
#include <vector>

#include "host/operation/gemm.h"
#include "host/predict/predict.h"

namespace tessera::host {

/// A form that was considered.
struct GemmCandidate {
    GemmForm form = GemmForm::kRows;
    uint64_t calls = 0;
    Prediction prediction;
};

/// The forms that fit device and memory, the best first: that with the fewest predicted cycles, or
/// of those within 0.5 % of it the first of rows, columns and scores. `exact`: without scores.
/// UserError of the form rows if none fits.
std::vector<GemmCandidate> gemm_candidates(const Gemm& gemm, bool exact,
                                           const hw::PlatformConfig& config);
/// "Form columns by prediction: columns 4,000 cycles, rows 5,000 cycles."
std::string choice_text(const std::vector<GemmCandidate>& candidates);

}  // namespace tessera::host
