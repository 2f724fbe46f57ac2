// SPDX-License-Identifier: MIT
#include "host/operation/gemm_operation.h"

#include <fmt/format.h>

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
    return {{"m", value_of(gemm_.m)},
            {"n", value_of(gemm_.n)},
            {"k", value_of(gemm_.k)},
            {"output_format", value_of(output_format())}};
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
    if (!inputs_.a.bf16) inputs_.a = operand_of(read_matrix(layout_.a, layout_.job.a, memory));
    if (!inputs_.b.bf16) inputs_.b = operand_of(read_matrix(layout_.b, layout_.job.b, memory));
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
    const ReferenceGemm reference{gemm_.m, gemm_.k, gemm_.n, reader_of(inputs_.a),
                                  reader_of(inputs_.b)};
    return compare_gemm(reference, fw::gemm_inner(params_), gemm_.bf16_output, c, progress);
}

std::string GemmOperation::bound() const {
    return "(min(k, D, M) + ceil(k / min(D, M))) * 2^-23 * sum |a||b| + (2 k + T) * 2^-126; with a "
           "result in bf16 plus 2^-8 of |exact| and of that";
}

OperationWork GemmOperation::work_by_formula() const {
    const uint64_t elements = uint64_t{gemm_.m} * gemm_.k + uint64_t{gemm_.k} * gemm_.n;
    return {gemm_calls(gemm_, params_),
            "ceil(m / M) * ceil(n / D) * ceil(k / min(D, M))",
            macs(),
            "m * n * k",
            2 * elements + (gemm_.bf16_output ? 2 : 4) * uint64_t{gemm_.m} * gemm_.n,
            "a and b read once in bf16, c written once, without padding"};
}

/// A block of A times I, once for each tile of C's columns.
double GemmOperation::identity_macs() const {
    const uint32_t inner = fw::gemm_inner(params_);
    const uint32_t columns = fw::tiles_of(gemm_.n, params_.d);
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
             "m * ceil(n / D) * sum over blocks of k of block^2: products with the identity"},
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
