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
    return read_matrix(layout_.c, layout_.job.c, memory);
}

TensorSpec GemmOperation::output() const { return {"c", Dtype::kF32, {gemm_.m, gemm_.n}}; }

void GemmOperation::read_operands(const MemoryAccess& memory) {
    if (!inputs_.a.bf16) inputs_.a = operand_of(read_matrix(layout_.a, layout_.a_tensor, memory));
    if (!inputs_.b.bf16) inputs_.b = operand_of(read_matrix(layout_.b, layout_.job.b, memory));
}

/// Columns of a block in words: of A, and of B and C.
std::string GemmOperation::a_block_text() const {
    const uint32_t block = gemm_a_block(gemm_, params_);
    return block == fw::gemm_inner(params_) ? "min(D, M)" : std::to_string(block);
}
std::string GemmOperation::c_block_text() const {
    const uint32_t block = gemm_c_block(gemm_, params_);
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
    const ReferenceGemm reference{gemm_.m, gemm_.k, gemm_.n, a_reader(), reader_of(inputs_.b)};
    return compare_gemm(reference, gemm_a_block(gemm_, params_), gemm_.bf16_output, c, progress);
}

std::string GemmOperation::bound() const {
    return fmt::format(
        "(min(k, {0}) + T) * 2^-23 * sum |a||b| + (2 k + T) * 2^-126, T = ceil(k / {0}); with a "
        "result in bf16 plus 2^-8 of |exact| and of that",
        a_block_text());
}

OperationWork GemmOperation::work_by_formula() const {
    uint64_t elements = uint64_t{gemm_.m} * gemm_.k;
    if (gemm_.slices) elements = std::min(elements, (gemm_.m - 1) * gemm_.slices->step() + gemm_.k);
    elements += uint64_t{gemm_.k} * gemm_.n;
    return {
        gemm_calls(gemm_, params_),
        fmt::format("ceil(m / M) * ceil(n / {}) * ceil(k / {})", c_block_text(), a_block_text()),
        macs(),
        "m * n * k",
        2 * elements + (gemm_.bf16_output ? 2 : 4) * uint64_t{gemm_.m} * gemm_.n,
        "a and b read once in bf16, c written once, without padding"};
}

/// A block of A times I, once for each tile of C's columns.
double GemmOperation::identity_macs() const {
    const uint32_t inner = gemm_a_block(gemm_, params_);
    const uint32_t columns = fw::tiles_of(gemm_.n, gemm_c_block(gemm_, params_));
    const uint32_t blocks = gemm_.k / inner, rest = gemm_.k % inner;
    return 1.0 * columns * gemm_.m * (1.0 * blocks * inner * inner + 1.0 * rest * rest);
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
             fmt::format("m * ceil(n / {}) * sum over blocks of k of block^2: products with the "
                         "identity",
                         c_block_text())},
            {"bypass_saves_energy", identity_energy(), "J",
             "identity_macs * multiply_add: what a bypass of the score array would save; no cycles "
             "of a call, since the value array is busy all of it. Not validated"}};
}

std::string GemmOperation::note() const {
    return fmt::format(
        "Half of the multiply-adds are with the identity and do no useful work, so 50 % of peak is "
        "the most. A bypass of the score array would save {} multiply-adds, about {}, but no "
        "cycles of a call: the value array is busy all of it.",
        with_commas(static_cast<uint64_t>(identity_macs())), engineering(identity_energy(), "J"));
}

}  // namespace tessera::host
