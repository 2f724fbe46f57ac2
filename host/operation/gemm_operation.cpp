// SPDX-License-Identifier: MIT
#include "host/operation/gemm_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "firmware/gemm/gemm_sequencer.h"
#include "firmware/plan/tiles.h"
#include "firmware/runner/runner.h"
#include "host/operation/inexact_rows.h"
#include "host/platform/counters.h"
#include "host/text.h"

namespace tessera::host {

GemmOperation::GemmOperation(const Gemm& gemm, GemmInputs inputs, const spec::DeviceParams& params,
                             const EnergyTable& energy)
    : gemm_(gemm), inputs_(std::move(inputs)), params_(params), energy_(energy) {}

std::string GemmOperation::title() const {
    return fmt::format("gemm of {} x {} by {} x {}, result in {}", gemm_.m, gemm_.k, gemm_.k,
                       gemm_.n, output_format());
}

std::vector<Figure> GemmOperation::settings() const {
    std::vector<Figure> settings = {{"m", value_of(gemm_.m)},
                                    {"n", value_of(gemm_.n)},
                                    {"k", value_of(gemm_.k)},
                                    {"output_format", value_of(output_format())}};
    if (gemm_.form != GemmForm::kRows)
        settings.push_back({"form", value_of(form_name(gemm_.form))});
    if (gemm_.a_columns != 0) settings.push_back({"a_columns", value_of(gemm_.a_columns)});
    if (gemm_.c_columns != 0) settings.push_back({"c_columns", value_of(gemm_.c_columns)});
    if (gemm_.slices) {
        settings.push_back({"slice_rows", value_of(gemm_.slices->rows)});
        settings.push_back({"slice_columns", value_of(gemm_.slices->columns)});
        settings.push_back({"slice_stride", value_of(gemm_.slices->stride)});
    }
    return settings;
}

std::string GemmOperation::input_dtypes() const {
    return fmt::format("a {}, b {}", inputs_.a.dtype, inputs_.b.dtype);
}

void GemmOperation::place(MemoryMap& map) { layout_ = make_gemm_layout(gemm_, params_, map); }

void GemmOperation::write(const MemoryAccess& memory) const {
    write_gemm(inputs_, layout_, memory);
}

fw::DriverConfig GemmOperation::driver(uint32_t) const { return layout_.driver; }

Platform::Program GemmOperation::program(uint32_t, const MemoryAccess&,
                                         FirmwareOutcome& outcome) const {
    const auto work = [this](fw::Runner& runner) { return runner.run(layout_.job); };
    return Platform::firmware(work, layout_.driver, outcome);
}

std::vector<spec::Command> GemmOperation::commands() const {
    return commands_of(fw::GemmSequencer(layout_.job, params_));
}

std::vector<float> GemmOperation::read(const MemoryAccess& memory) const {
    return read_placed(layout_.c, memory);
}

TensorSpec GemmOperation::output() const { return {"c", Dtype::kF32, {gemm_.m, gemm_.n}}; }

void GemmOperation::read_operands(const MemoryAccess& memory) {
    if (!inputs_.a.bf16) inputs_.a = operand_of(read_placed(layout_.a, memory));
    if (!inputs_.b.bf16) inputs_.b = operand_of(read_placed(layout_.b, memory));
}

/// Columns of a block in words: of A, and of B and C.
std::string GemmOperation::a_block_text() const {
    const uint32_t block = gemm_a_block(gemm_, params_);
    return block == fw::gemm_inner(params_) ? "min(D, M)" : std::to_string(block);
}
std::string GemmOperation::c_block_text() const {
    const uint32_t block = gemm_c_block(gemm_, params_);
    if (gemm_.form == GemmForm::kScores && block == fw::gemm_inner(params_)) return "min(D, M)";
    return block == params_.d ? "D" : std::to_string(block);
}

/// The elements of A [m][k], as the device has them.
ElementReader GemmOperation::a_reader() const {
    ElementReader x = reader_of(inputs_.a);
    if (!gemm_.slices) return x;
    return [x, k = size_t{gemm_.k}, step = gemm_.slices->step()](size_t first, size_t count,
                                                                 double* out) {
        for (size_t i = first; i < first + count;) {
            const size_t column = i % k, part = std::min(k - column, first + count - i);
            x(i / k * step + column, part, out);
            out += part;
            i += part;
        }
    };
}

void GemmOperation::judge(const std::vector<float>& c, const RunOutcome&,
                          Exactness& exactness) const {
    exactness.heads = false;
    ElementNames elements;
    add_nonfinite(c, gemm_.n, 0, 0, elements);
    exactness.add(Inexact::kNonFinite, rows_of(elements));
}

ElementErrors GemmOperation::check(const std::vector<float>& c,
                                   const std::function<void(double)>& progress) const {
    const ReferenceGemm reference{gemm_.m,
                                  gemm_.k,
                                  gemm_.n,
                                  a_reader(),
                                  reader_of(inputs_.b),
                                  gemm_.form == GemmForm::kScores};
    return compare_gemm(reference, gemm_a_block(gemm_, params_), gemm_.bf16_output, c, progress);
}

std::string GemmOperation::bound() const {
    return fmt::format(
        "(min(k, {0}) + T) * 2^-23 * sum |a||b| + (2 k + T) * 2^-126, T = ceil(k / {0}){1}; with a "
        "result in bf16 plus 2^-8 of |exact| and of that",
        a_block_text(),
        gemm_.form == GemmForm::kScores
            ? "; in the score stage plus 2^-8 * sum over blocks of k |sum a b| + T * 2^-126"
            : "");
}

OperationWork GemmOperation::work_by_formula() const {
    uint64_t elements = uint64_t{gemm_.m} * gemm_.k;
    if (gemm_.slices) elements = std::min(elements, (gemm_.m - 1) * gemm_.slices->step() + gemm_.k);
    elements += uint64_t{gemm_.k} * gemm_.n;
    return {gemm_calls(gemm_, params_),
            fmt::format("ceil({} / M) * ceil({} / {}) * ceil(k / {})", rows_text(), columns_text(),
                        c_block_text(), a_block_text()),
            macs(),
            "m * n * k",
            2 * elements + (gemm_.bf16_output ? 2 : 4) * uint64_t{gemm_.m} * gemm_.n,
            "a and b read once in bf16, c written once, without padding"};
}

/// A block of queries times I, once for each tile of columns, or in the score stage scores times I
/// once for each block of k.
double GemmOperation::identity_macs() const {
    const bool scores = gemm_.form == GemmForm::kScores, transposed = is_transposed(gemm_.form);
    const uint32_t rows = transposed ? gemm_.n : gemm_.m, columns = transposed ? gemm_.m : gemm_.n;
    const uint32_t a_block = gemm_a_block(gemm_, params_), c_block = gemm_c_block(gemm_, params_);
    const uint32_t squared = scores ? columns : gemm_.k, block = scores ? c_block : a_block;
    const uint32_t times = scores ? fw::tiles_of(gemm_.k, a_block) : fw::tiles_of(columns, c_block);
    const uint32_t blocks = squared / block, rest = squared % block;
    return 1.0 * times * rows * (1.0 * blocks * block * block + 1.0 * rest * rest);
}

/// Joules that these take.
double GemmOperation::identity_energy() const {
    return identity_macs() * energy_.multiply_add * 1e-12;
}

/// What the identity costs, and what a device that can bypass its score array would save.
std::vector<Figure> GemmOperation::figures(const RunOutcome& outcome) const {
    const auto cycles =
        static_cast<double>(counter_value(outcome.counters, spec::Counter::kCycles));
    const double half = static_cast<double>(params_.peak_macs_per_cycle()) / 2;
    return {{"value_array_utilisation", macs() / (half * cycles), "1",
             "useful_macs / (LANES * D * cycles): of the half of the cells that does useful work"},
            {"identity_macs", identity_macs(), "multiply-add",
             gemm_.form == GemmForm::kScores
                 ? fmt::format("n * ceil(k / {}) * sum over blocks of m of block^2: products with "
                               "the identity",
                               a_block_text())
                 : fmt::format("{} * ceil({} / {}) * sum over blocks of k of block^2: products "
                               "with the identity",
                               rows_text(), columns_text(), c_block_text())},
            {"bypass_saves_energy", identity_energy(), "J",
             "identity_macs * multiply_add: what a bypass of the score array would save; no cycles "
             "of a call, since the value array is busy all of it. Not validated"}};
}

std::string GemmOperation::note() const {
    const std::string saved = with_commas(static_cast<uint64_t>(identity_macs())),
                      energy = engineering(identity_energy(), "J");
    if (gemm_.form == GemmForm::kScores)
        return fmt::format(
            "The score stage multiplies; {} multiply-adds, about {}, are with the identity and do "
            "no useful work.{}",
            saved, energy, choice_);
    return fmt::format(
        "Half of the multiply-adds are with the identity and do no useful work, so 50 % of peak is "
        "the most. A bypass of the score array would save {} multiply-adds, about {}, but no "
        "cycles of a call: the value array is busy all of it.{}",
        saved, energy, choice_);
}

}  // namespace tessera::host
