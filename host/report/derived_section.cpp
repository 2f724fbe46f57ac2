// SPDX-License-Identifier: MIT
#include "host/report/sections.h"

#include <cmath>
#include <limits>
#include <utility>

#include "host/engine/dram_bandwidth.h"
#include "host/platform/counters.h"
#include "host/predict/closed_form.h"
#include "host/predict/cover_work.h"
#include "host/predict/visited_keys.h"
#include "host/report/dram.h"
#include "host/report/energy.h"

namespace tessera::host {
namespace {

using spec::Counter;

constexpr uint64_t kCellGates = 2379;  // scripts/synth, docs/results/area.md
constexpr double kNothing = std::numeric_limits<double>::quiet_NaN();

double quotient(double a, double b) { return b > 0 ? a / b : kNothing; }

FigureValue measure(double x) { return std::isnan(x) ? FigureValue{} : FigureValue{x}; }

double macs(const RunRecord& record, uint64_t pairs) {
    return static_cast<double>(pairs) * (record.problem.d_k + record.problem.d_v);
}

/// Goes through the record once; later figures are worked out from earlier ones.
class Derived {
  public:
    explicit Derived(const RunRecord& record)
        : work_(work_formula(record.problem, record.config.platform.params.m)) {
        add_work(record);
        add_slots(record);
        add_time(record);
        add_prediction(record);
        add_utilisation(record);
        add_devices(record);
        add_traffic(record);
        add_io_bound(record);
        add_dram(record);
        add_roofline(record);
        add_energy(record);
        add_firmware(record);
        add_merging(record);
    }
    Section section() && { return std::move(section_); }

  private:
    double number(const char* key) const { return section_.number(key); }
    uint64_t count(const char* key) const { return section_.count(key); }
    void add(const char* key, FigureValue value, const char* unit, std::string formula) {
        section_.entries.emplace_back(Figure{key, std::move(value), unit, std::move(formula)});
    }

    void add_work(const RunRecord& record);
    void add_slots(const RunRecord& record);
    void add_time(const RunRecord& record);
    void add_prediction(const RunRecord& record);
    void add_utilisation(const RunRecord& record);
    void add_devices(const RunRecord& record);
    void add_traffic(const RunRecord& record);
    void add_io_bound(const RunRecord& record);
    void add_dram(const RunRecord& record);
    void add_roofline(const RunRecord& record);
    void add_energy(const RunRecord& record);
    void add_firmware(const RunRecord& record);
    void add_merging(const RunRecord& record);

    const WorkFormula work_;
    Section section_{"derived", {}};
};

void Derived::add_work(const RunRecord& record) {
    add("calls", counter_value(record.outcome.counters, Counter::kAttendsRetired), "call",
        "counter attends_retired; calls retried are not among calls_formula");
    add("calls_formula", work_.calls, "call",
        calls_formula_text(record.problem, record.config.platform.params.m));
    add("calls_at_least", work_.calls_at_least, "call",
        record.problem.row_causal
            ? "sum over key/value heads of ceil(allowed pairs / (M (M + 1) / 2))"
            : "sum over key/value heads of ceil(allowed pairs / M^2)");
    if (record.problem.cover)
        add("calls_schoenheim", cover_bound(record.problem, record.config.platform.params.m),
            "call",
            "heads * ceil(N/M * ceil((N-1)/(M-1))): no cover by sets of M tokens has fewer");
    if (record.problem.row_causal) {
        Problem free = record.problem;
        free.row_causal = false;
        add("calls_mask_off", work_formula(free, record.config.platform.params.m).calls, "call",
            "of a device whose mask can be switched off: " +
                calls_formula_text(free, record.config.platform.params.m));
    }
    add("pairs_issued", work_.pairs_issued, "pair",
        "sum over pairs of tiles (by a cover: calls) of real query rows * real key rows, by "
        "formula");
    add("pairs_visited", visited_pairs(record.problem, record.config.platform.params), "pair",
        "of pairs_issued those with a key that the query's lane group visits, by formula");
    add("pairs_allowed", work_.pairs_allowed, "pair", "(query, key) pairs that the mask allows");
}

/// Only for --slots.
void Derived::add_slots(const RunRecord& record) {
    if (!record.slots) return;
    add("slots", record.slots->count(), "1",
        "`outputs.slots`: H' heads * L' layers of one call of an oracle, used as independent "
        "slots; this "
        "device has one slot");
    add("slot_heads", uint64_t{record.slots->heads}, "1", "H' of `outputs.slots`");
    add("slot_layers", uint64_t{record.slots->layers}, "1", "L' of `outputs.slots`");
    add("packed_calls", record.packed_calls, "call",
        "of that oracle, not of this device: the planned calls, packed one to a slot");
    add("packed_calls_formula", packed_calls_formula(work_.calls, *record.slots), "call",
        "ceil(calls_formula / slots)");
    add("slot_utilisation",
        measure(quotient(number("calls_formula"), number("packed_calls") * number("slots"))), "1",
        "calls_formula / (packed_calls * slots)");
}

void Derived::add_time(const RunRecord& record) {
    const uint64_t cycles = counter_value(record.outcome.counters, Counter::kCycles);
    add("cycles", cycles, "cycle", "counter cycles");
    add("time", static_cast<double>(cycles) / (record.config.clock_ghz * 1e9), "s",
        "cycles / device clock");
    const auto ideal = stall_free_cycles(record.problem, record.layout, record.config.platform);
    const char* formula = "closed formula from the parameters alone (host/predict/closed_form.h)";
    FigureValue stall_free, difference;
    if (ideal) stall_free = *ideal;
    if (ideal) difference = value_of(static_cast<int64_t>(cycles - *ideal));
    add("stall_free_cycles", stall_free, "cycle", formula);
    add("stall_free_difference", difference, "cycle", "cycles - stall_free_cycles");
}

/// Only for --schedule auto.
void Derived::add_prediction(const RunRecord& record) {
    if (record.candidates.empty()) return;
    const Prediction& prediction = record.candidates.front().prediction;
    const bool retried = record.outcome.merging.work.calls_retried != 0;
    add("predicted_cycles", prediction.cycles, "cycle",
        "recurrences of docs/contract/timing.md on firmware's commands (host/predict/predict.h)");
    add("predicted_bytes", prediction.bytes, "byte",
        "rows of firmware's commands, in whole beats; FENCEs of merging are left out");
    add("prediction_error",
        retried ? FigureValue{}
                : measure(quotient(static_cast<double>(prediction.cycles), number("cycles")) - 1),
        "1", "predicted_cycles / cycles - 1; not where rows were retried");
}

void Derived::add_utilisation(const RunRecord& record) {
    const spec::DeviceParams& params = record.config.platform.params;
    const double devices = record.config.platform.devices;
    const double peak =
        devices * static_cast<double>(params.peak_macs_per_cycle()) * number("cycles");
    const uint64_t cells = record.config.platform.devices * params.peak_macs_per_cycle();
    add("cells", cells, "cell", "2 * LANES * D multiply-add cells of a device, times devices");
    add("array_gates", cells * kCellGates, "gate",
        "cells * 2,379: generic gates of a cell whose adder has 4 stages (docs/results/area.md). "
        "The arrays alone, NOT VALIDATED: no control, no memories, no layout");
    add("mac_utilisation", measure(quotient(macs(record, count("pairs_visited")), peak)), "1",
        "pairs_visited * (d_k + d_v) / (2 * LANES * D * cycles * devices)");
    add("useful_utilisation", measure(quotient(macs(record, count("pairs_allowed")), peak)), "1",
        "pairs_allowed * (d_k + d_v) / (2 * LANES * D * cycles * devices)");
    add("cycles_useful", measure(number("useful_utilisation") * number("cycles")), "cycle",
        "useful_utilisation * cycles: the allowed pairs at peak, which no schedule can beat");
}

/// Only for several devices.
void Derived::add_devices(const RunRecord& record) {
    const uint32_t devices = record.config.platform.devices;
    add("devices", uint64_t{devices}, "1", "`machine.devices`");
    if (devices == 1) return;
    double sum = 0;
    for (const RunOutcome& device : record.devices)
        sum += static_cast<double>(counter_value(device.counters, Counter::kCycles));
    add("device_balance", measure(quotient(sum, devices * number("cycles"))), "1",
        "mean of the devices' cycles / cycles of the slowest");
    add("single_device_cycles", record.single_device_cycles, "cycle",
        "the same job on one device behind the same memory, timing only");
    const bool retried = record.outcome.merging.work.calls_retried != 0;
    const double speed_up =
        quotient(static_cast<double>(record.single_device_cycles), number("cycles"));
    add("speed_up", measure(retried ? kNothing : speed_up), "1",
        "single_device_cycles / cycles; not where rows were retried");
    add("parallel_efficiency", measure(number("speed_up") / devices), "1", "speed_up / devices");
    add("contention", measure(1 - number("parallel_efficiency") / number("device_balance")), "1",
        "1 - parallel_efficiency / device_balance: lost to the shared memory, not to uneven "
        "shares");
}

void Derived::add_traffic(const RunRecord& record) {
    const uint64_t bytes = total_bytes(record.outcome.counters);
    const CompulsoryBytes tensors =
        compulsory_bytes(record.problem, record.config.platform.params.m);
    const uint64_t compulsory = tensors.all();
    add("bytes", bytes, "byte", "sum of the bytes_ counters: all that crosses the memory port");
    add("bytes_compulsory", compulsory, "byte",
        "q, and of k and v what some query sees, read once in bf16, o written once, without "
        "padding");
    add("bytes_over_compulsory",
        measure(quotient(static_cast<double>(bytes), static_cast<double>(compulsory))), "1",
        "bytes / bytes_compulsory");
    add("bytes_compulsory_q", tensors.q, "byte", "of bytes_compulsory: q");
    add("bytes_compulsory_k", tensors.k, "byte", "of bytes_compulsory: keys that some query sees");
    add("bytes_compulsory_v", tensors.v, "byte", "of bytes_compulsory: their values");
    add("bytes_compulsory_o", tensors.o, "byte", "of bytes_compulsory: o");
    uint64_t written = 0;
    for (const Counter counter :
         {Counter::kBytesO, Counter::kBytesStateWrite, Counter::kBytesRecord})
        written += counter_value(record.outcome.counters, counter);
    add("bytes_read", bytes - written, "byte", "bytes - bytes_written");
    add("bytes_written", written, "byte", "bytes_o + bytes_state_write + bytes_record");
    add("arithmetic_intensity",
        measure(quotient(2 * macs(record, count("pairs_visited")), static_cast<double>(bytes))),
        "flop/byte", "2 * pairs_visited * (d_k + d_v) / bytes; a multiply-add is two, exp2 none");
    add("bandwidth", measure(quotient(static_cast<double>(bytes), number("cycles"))), "byte/cycle",
        "bytes / cycles; the bus carries BUS_BYTES each way");
}

/// A theorem about growth, not about bytes: its constant is not known, so neither figure is a
/// limit.
void Derived::add_io_bound(const RunRecord& record) {
    const hw::PlatformConfig& config = record.config.platform;
    const uint64_t on_chip = config.devices * on_chip_elements(config.params);
    add("on_chip_elements", on_chip, "element",
        "devices * 2 banks * (Q, K, V of M * D and states of M * (D + 2))");
    const std::optional<double> elements = io_bound_elements(record.problem, on_chip);
    add("bytes_io_bound", elements ? measure(2 * *elements) : FigureValue{}, "byte",
        "2 bytes * heads * N^2 d^2 / S, or N^2 d / sqrt(S) if S < d^2, S = on_chip_elements: Omega "
        "of Saha & Ye 2024 with the constant, which the theorem leaves open, taken as 1; only for "
        "what it is proved for: dense, nq = nk, d_k = d_v, no grouped queries");
    add("bytes_over_io_bound", measure(quotient(number("bytes"), number("bytes_io_bound"))), "1",
        "bytes / bytes_io_bound; comparable between runs, no distance to a proven limit");
}

/// Only for memories of kind `dram`.
void Derived::add_dram(const RunRecord& record) {
    if (record.memory.channels.empty()) return;
    const hw::DramSpec& dram = record.config.platform.memory.dram;
    const DramSum sum = dram_sum(record.memory, dram);
    add("dram_bytes", sum.bytes, "byte", "column commands * transaction_bytes");
    add("dram_bandwidth", measure(quotient(static_cast<double>(sum.bytes), 1e9 * number("time"))),
        "GB/s", "dram_bytes / time");
    add("dram_peak_bandwidth", peak_gb_per_s(dram), "GB/s",
        "channels * pseudo_channels * transaction_bytes / (nBL * tCK)");
    add("dram_bandwidth_share",
        measure(quotient(number("dram_bandwidth"), number("dram_peak_bandwidth"))), "1",
        "dram_bandwidth / dram_peak_bandwidth");
    add("dram_row_hits", sum.stats.hits, "transaction", "row was open");
    add("dram_row_misses", sum.stats.misses, "transaction", "bank was closed: activated for it");
    add("dram_row_conflicts", sum.stats.conflicts, "transaction",
        "another row was open: precharged and activated for it");
    add("dram_activates", sum.stats.activates, "command", "rows opened");
    add("dram_refreshes", sum.stats.refreshes, "command", "all banks of a pseudo-channel");
    add("dram_refresh_share", sum.refresh_share, "1",
        "pseudo-channel clocks from a refresh falling due to its end / all");
    add("dram_turnarounds", sum.stats.turnarounds, "1",
        "reads after writes and writes after reads on a channel's bus");
    add("dram_balance", sum.balance, "1",
        "bytes of the busiest channel / bytes of the average channel");
    add("dram_forwarded", sum.stats.forwarded, "transaction",
        "read from the queue of writes, without a column command");
    const DramEnergy energy = dram_energy(sum, record.config);
    add("energy_dram_activate", energy.activate, "J", kDramActivateFormula);
    add("energy_dram_column", energy.column, "J", kDramColumnFormula);
}

/// What bounds the run. The port carries BUS_BYTES each way, so its bandwidth depends on the mix.
void Derived::add_roofline(const RunRecord& record) {
    const hw::PlatformConfig& config = record.config.platform;
    const double clock = 1e9 * record.config.clock_ghz, devices = config.devices;
    const double peak =
        devices * 2 * static_cast<double>(config.params.peak_macs_per_cycle()) * clock;
    const double port =
        devices * config.params.bus_bytes * clock *
        quotient(number("bytes"), std::fmax(number("bytes_read"), number("bytes_written")));
    const double intensity = number("arithmetic_intensity");
    const double dram = record.memory.channels.empty() ? std::numeric_limits<double>::infinity()
                                                       : 1e9 * number("dram_peak_bandwidth");
    const double roof = std::fmin(peak, intensity * std::fmin(port, dram));
    add("peak_flops", peak, "flop/s", "4 * LANES * D * devices * device clock");
    add("port_bandwidth", measure(port), "byte/s",
        "devices * BUS_BYTES * device clock * bytes / the larger of bytes_read and bytes_written");
    add("performance", measure(number("mac_utilisation") * peak), "flop/s",
        "mac_utilisation * peak_flops: pairs visited");
    add("performance_useful", measure(number("useful_utilisation") * peak), "flop/s",
        "useful_utilisation * peak_flops: allowed pairs");
    add("roof", measure(roof), "flop/s",
        "the least of peak_flops, arithmetic_intensity * port_bandwidth and, of a DRAM, "
        "arithmetic_intensity * dram_peak_bandwidth");
    add("performance_share", measure(quotient(number("performance"), roof)), "1",
        "performance / roof");
    const char* bound = roof >= peak ? "multiply arrays" : port <= dram ? "memory port" : "DRAM";
    add("bound_by", std::isnan(roof) ? FigureValue{} : FigureValue{std::string(bound)}, "1",
        "which of them roof is");
}

void Derived::add_energy(const RunRecord& record) {
    const EnergyEstimate e = estimate_energy(
        record.layout.job, work_, count("pairs_visited"), record.config, record.outcome.counters,
        record.layout.stored_rows() - record.outcome.merging.work.rows_finished);
    add("energy_arithmetic", e.arithmetic, "J", kArithmeticEnergyFormula);
    add("energy_sram", e.sram, "J", kSramEnergyFormula);
    add("energy_dram_low", e.dram_low, "J", std::string(kDramEnergyFormula) + "_low");
    add("energy_dram_high", e.dram_high, "J", std::string(kDramEnergyFormula) + "_high");
    add("energy_low", e.total_low(), "J", "energy_arithmetic + energy_sram + energy_dram_low");
    add("energy_high", e.total_high(), "J", "energy_arithmetic + energy_sram + energy_dram_high");
}

void Derived::add_firmware(const RunRecord& record) {
    add("firmware_cycles", record.outcome.firmware_cycles, "cycle",
        "processor planning commands and writing descriptors");
    add("firmware_wait_cycles", record.outcome.firmware_wait_cycles, "cycle",
        "processor waiting for the interrupt");
    add("end_cycle", record.outcome.end_cycle, "cycle", "from reset until firmware returned");
}

/// Only if firmware merged.
void Derived::add_merging(const RunRecord& record) {
    const fw::MergeWork& work = record.outcome.merging.work;
    if (work.elements == 0) return;
    const bool sentinel = record.problem.sentinel.given();
    if (sentinel) {
        add("rows_retried", work.rows_retried, "row",
            "rows of partial results whose softmax sum could not be recovered from their shares, "
            "so that they were retried with another sentinel");
        add("calls_retried", work.calls_retried, "call", "ATTENDs of these retries");
    }
    add("merge_elements", work.elements, "element",
        sentinel ? "rows of partial results * (d_v + 1) twice, scaled and merged, and rows of o * "
                   "d_v for the division by l"
                 : "rows of partial results * (d_v + 1), and rows of o * d_v for the division by "
                   "l; of a remainder (`schedule.approximation.rule=hybrid`) rows * (d_v + 1)");
    add("merge_bytes_read", work.bytes_read, "byte",
        sentinel ? "firmware: shares, level and values of each row of partial results, 8 + 4 * d_v "
                   "of its working row but for a query tile's first, and queries retried; not "
                   "in bytes, and not on the devices' memory port"
                 : "firmware: 8 + 4 * d_v of each row of partial results, and as much of its "
                   "working row but for a query tile's first; of a remainder "
                   "(`schedule.approximation.rule=hybrid`) rows * 2 * (8 + 4 * d_v); not in bytes, "
                   "and not on the devices' "
                   "memory port");
    add("merge_bytes_written", work.bytes_written, "byte",
        "firmware: working rows, 8 + 4 * d_v, but for a query tile's last, then rows of o and lse "
        "in whole beats; of a remainder (`schedule.approximation.rule=hybrid`) rows of o in whole "
        "beats; not in "
        "bytes, and not on the devices' memory port");
    add("merge_cycles", record.outcome.merging.cycles, "cycle",
        "merge_elements * firmware.merge_cycles_per_element, rounded up for each tile, of a "
        "remainder for all of it: processor merging; not in firmware_cycles");
    const char* formula = "as the counter of that name, of rows that firmware stored";
    add("merge_rows_empty", work.rows_empty, "row", formula);
    add("merge_rows_nan", work.rows_nan, "row", formula);
    add("merge_rows_saturated", work.rows_saturated, "row", formula);
    add("merge_rows_div0", work.rows_div0, "row", formula);
}

}  // namespace

Section derived_section(const RunRecord& record) { return Derived(record).section(); }

}  // namespace tessera::host
