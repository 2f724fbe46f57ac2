// SPDX-License-Identifier: MIT
#include "host/operation/norm.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/float_bits.h"

namespace tessera::host {
namespace {

const char* norm_name(fw::Norm norm) {
    switch (norm) {
        case fw::Norm::kLayer: return "layer";
        case fw::Norm::kWhole: return "group";
        case fw::Norm::kRms: return "rms";
        default: return "l2";
    }
}

}  // namespace

NormOperation::NormOperation(const NormWork& work, NormElements elements,
                             const hw::PlatformConfig& config)
    : JobOperation(config), work_(work) {
    add_operand("a", work.a, std::move(elements.a));
    const MatrixPart row = MatrixPart::row_of_fp32(work.a.columns);
    if (work.has_gamma) add_operand("gamma", row, std::move(elements.gamma));
    if (work.has_beta) add_operand("beta", row, std::move(elements.beta));
    set_result(work.y);
}

std::string NormOperation::title() const {
    return fmt::format("{} norm of {}, result {}", norm_name(work_.norm), work_.a.text(),
                       work_.y.text());
}

std::vector<Figure> NormOperation::settings() const {
    return {{"norm", value_of(norm_name(work_.norm))},
            {"eps", value_of(double{work_.eps})},
            {"gamma", value_of(work_.has_gamma)},
            {"beta", value_of(work_.has_beta)},
            {"elements", value_of(work_.a.elements())},
            {"output_format", value_of(element_name(work_.y.layout.type))}};
}

fw::NormJob NormOperation::job() const {
    fw::NormJob job;
    job.norm = work_.norm;
    job.has_gamma = work_.has_gamma;
    job.has_beta = work_.has_beta;
    job.rows = static_cast<uint32_t>(work_.a.rows);
    job.columns = static_cast<uint32_t>(work_.a.columns);
    job.eps = bits_of(work_.eps);
    job.a = view("a");
    job.gamma = view("gamma");
    job.beta = view("beta");
    job.y = result_view();
    return job;
}

/// A sum of squares that stays below it has a sum in fp32.
constexpr double kMostSquares = 0x1p127;

ExactMoments NormOperation::moments_of(uint64_t first_row, uint64_t rows) const {
    MomentsOf of;
    of.elements = elements("a").data() + first_row * work_.a.columns;
    of.count = rows * work_.a.columns;
    // In its row, among 64 rows, among these sums.
    of.additions = work_.a.columns + (rows == 1 ? 0 : 64 + rows / 64 + 1);
    of.centred = fw::centred(work_.norm);
    of.mean_of_squares = work_.norm != fw::Norm::kL2;
    of.eps = double{work_.eps};
    return exact_moments(of);
}

void NormOperation::judge(const std::vector<float>& y, const RunOutcome& outcome,
                          Exactness& exactness) const {
    JobOperation::judge(y, outcome, exactness);
    const bool whole = work_.norm == fw::Norm::kWhole;
    const uint64_t rows = whole ? work_.a.rows : 1;
    std::vector<RowName> beyond;
    for (uint64_t row = 0; row < work_.a.rows; row += rows)
        if (!((whole ? of_all_ : moments_of(row, 1)).magnitude < kMostSquares))
            beyond.push_back({0, static_cast<uint32_t>(row)});
    exactness.add(Inexact::kRange, beyond);
}

void NormOperation::prepare_check() {
    if (work_.norm == fw::Norm::kWhole) of_all_ = moments_of(0, work_.a.rows);
}

void NormOperation::exact_row(uint64_t row, std::vector<ExactElement>& y) const {
    y.clear();
    const ExactMoments moments = work_.norm == fw::Norm::kWhole ? of_all_ : moments_of(row, 1);
    const ExactElement away{-moments.mean.value, 0, moments.mean.error};
    for (uint64_t c = 0; c < work_.a.columns; ++c) {
        ExactElement x = ExactElement::of(double{elements("a")[row * work_.a.columns + c]});
        if (fw::centred(work_.norm)) x = added(x, away);
        x = multiplied(x, moments.inverse);
        if (work_.has_gamma) x = multiplied(x, ExactElement::of(column_of("gamma", c, 1)));
        if (work_.has_beta) x = added(x, ExactElement::of(column_of("beta", c, 0)));
        x.magnitude = std::max(x.magnitude, moments.magnitude);
        y.push_back(x);
    }
}

}  // namespace tessera::host
