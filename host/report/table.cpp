// SPDX-License-Identifier: MIT
#include "host/report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "host/platform/counters.h"
#include "host/predict/cover_work.h"
#include "host/report/approximation_report.h"
#include "host/report/dram.h"
#include "host/report/energy.h"
#include "host/report/error_rows.h"
#include "host/report/figures.h"
#include "host/report/title.h"
#include "host/text.h"

namespace tessera::host {
namespace {

using spec::Counter;

std::string percent(double x) {
    return std::isfinite(x) ? fmt::format("{:.2f} %", 100 * x) : std::string("n/a");
}

/// Rows of label, value and remark, grouped under headings.
class Table {
  public:
    explicit Table(const RunRecord& record)
        : record_(record), figures_(record), counters_(record.outcome.counters) {}

    std::string text() {
        out_ += title_text(record_);
        work();
        time();
        engines();
        traffic();
        merging();
        dram();
        energy();
        rows(error_rows(record_));
        rows(approximation_rows(record_));
        return out_;
    }

  private:
    void rows(const std::vector<ReportRow>& rows) {
        for (const ReportRow& r : rows) row(r.label.c_str(), r.value, r.remark);
    }

    void row(const char* label, const std::string& value, const std::string& remark = "") {
        std::string line = fmt::format("  {:<21} {:>14}  {}", label, value, remark);
        line.erase(line.find_last_not_of(' ') + 1);
        out_ += line + "\n";
    }

    void work() {
        row("calls", with_commas(figures_.count("calls")),
            fmt::format("formula {}, no schedule needs fewer than {}",
                        with_commas(figures_.count("calls_formula")),
                        with_commas(figures_.count("calls_at_least"))));
        oracles();
        slots();
    }

    void slots() {
        if (!record_.slots) return;
        row("  of an oracle", with_commas(figures_.count("packed_calls")),
            fmt::format("calls with {} x {} slots, {} of them used; this device has one slot",
                        record_.slots->heads, record_.slots->layers,
                        percent(figures_.number("slot_utilisation"))));
    }

    /// What other oracles would take, beside the cover.
    void oracles() {
        const Problem& p = record_.problem;
        if (!p.cover) return;
        const spec::DeviceParams& params = record_.config.platform.params;
        row("  Schoenheim's bound", with_commas(figures_.count("calls_schoenheim")),
            "calls, by sets of M tokens");
        for (const DeviceKindCost& cost : device_kind_costs(p, params))
            row(("  " + cost.name).c_str(), with_commas(cost.calls),
                fmt::format("calls, {} MAC, {} bytes: {}{}", with_commas(cost.macs),
                            with_commas(cost.bytes),
                            cost.key == "cover" ? cover_name(p, params.m) + ", " : "",
                            cost.formula));
    }

    void time() {
        row("cycles", with_commas(figures_.count("cycles")),
            fmt::format("{} at {:g} GHz", engineering(figures_.number("time"), "s"),
                        record_.config.clock_ghz));
        const FigureValue& ideal = figures_.at("stall_free_cycles").value;
        if (std::holds_alternative<uint64_t>(ideal)) {
            const auto difference = std::get<int64_t>(figures_.at("stall_free_difference").value);
            row("stall-free cycles", with_commas(std::get<uint64_t>(ideal)),
                fmt::format("by closed formula; the run took {}{} more", difference < 0 ? "-" : "",
                            with_commas(static_cast<uint64_t>(std::abs(difference)))));
        } else {
            row("stall-free cycles", "n/a", "no closed formula for this run");
        }
        prediction();
        row("mac_utilisation", percent(figures_.number("mac_utilisation")),
            "of peak, real rows and keys only");
        row("useful_utilisation", percent(figures_.number("useful_utilisation")),
            "of peak, allowed pairs only");
        devices();
        row("firmware", with_commas(figures_.count("firmware_cycles")),
            fmt::format("cycles of its processor; {} more waiting for the device",
                        with_commas(figures_.count("firmware_wait_cycles"))));
    }

    void prediction() {
        const std::vector<Candidate>& candidates = record_.candidates;
        for (size_t i = 0; i < candidates.size(); ++i)
            row(i == 0 ? "auto: predicted" : "", with_commas(candidates[i].prediction.cycles),
                fmt::format("cycles, {} bytes: {}{}", with_commas(candidates[i].prediction.bytes),
                            candidates[i].name(),
                            i == 0 ? fmt::format(" (chosen; {:+.1f} % off)",
                                                 100 * figures_.number("prediction_error"))
                                   : ""));
    }

    void devices() {
        if (record_.config.platform.devices == 1) return;
        row("speed-up", fmt::format("{:.2f} x", figures_.number("speed_up")),
            fmt::format("over one device, {} cycles; {} efficient",
                        with_commas(figures_.count("single_device_cycles")),
                        percent(figures_.number("parallel_efficiency"))));
        row("balance", percent(figures_.number("device_balance")),
            fmt::format("mean of the devices' cycles / the slowest; contention takes {}",
                        percent(figures_.number("contention"))));
    }

    std::string share(Counter counter) const {
        const double cycles = figures_.number("cycles") * figures_.number("devices");
        const double x = static_cast<double>(counter_value(counters_, counter));
        return cycles > 0 ? fmt::format("{:.1f}", 100 * x / cycles) : std::string("n/a");
    }

    void engines() {
        out_ += "\n  % of cycles                       busy   idle   stalled on\n";
        engine("load engine", Counter::kLoadBusy, Counter::kLoadIdle,
               {{"bank or port", Counter::kLoadStall}});
        engine("score stage", Counter::kScoreBusy, Counter::kScoreIdle,
               {{"Q", Counter::kScoreStallQ},
                {"K", Counter::kScoreStallK},
                {"score buffer", Counter::kScoreStallBuffer}});
        engine("value stage", Counter::kValueBusy, Counter::kValueIdle,
               {{"V", Counter::kValueStallV},
                {"state", Counter::kValueStallState},
                {"scores", Counter::kValueStallScore}});
        engine("store engine", Counter::kStoreBusy, Counter::kStoreIdle,
               {{"state rows", Counter::kStoreStall}});
        out_ += "\n";
    }

    void engine(const char* name, Counter busy, Counter idle,
                const std::vector<std::pair<const char*, Counter>>& stalls) {
        std::string text;
        for (const auto& [what, counter] : stalls)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, share(counter));
        out_ += fmt::format("  {:<29} {:>8} {:>6}   {}\n", name, share(busy), share(idle), text);
    }

    void traffic() {
        row("bytes", with_commas(figures_.count("bytes")),
            fmt::format("{:.2f} x compulsory {} (q, k, v read, o written once)",
                        figures_.number("bytes_over_compulsory"),
                        with_commas(figures_.count("bytes_compulsory"))));
        const double over_io_bound = figures_.number("bytes_over_io_bound");
        if (std::isfinite(over_io_bound))
            row("", fmt::format("{:.1f} x", over_io_bound),
                "the order of growth that Saha & Ye prove, constant 1 taken: not a limit");
        static constexpr struct {
            const char* label;
            Counter counter;
            bool always;
        } kStreams[] = {{"  q", Counter::kBytesQ, true},
                        {"  k", Counter::kBytesK, true},
                        {"  v", Counter::kBytesV, true},
                        {"  o", Counter::kBytesO, true},
                        {"  state read", Counter::kBytesStateRead, false},
                        {"  state, lse written", Counter::kBytesStateWrite, false},
                        {"  index", Counter::kBytesIndex, false},
                        {"  descriptors", Counter::kBytesDescriptor, true},
                        {"  records", Counter::kBytesRecord, true}};
        for (const auto& stream : kStreams) {
            const uint64_t bytes = counter_value(counters_, stream.counter);
            if (stream.always || bytes != 0) row(stream.label, with_commas(bytes));
        }
        row("arithmetic intensity", fmt::format("{:.1f}", figures_.number("arithmetic_intensity")),
            fmt::format("flop/byte; {:.1f} byte/cycle of {} each way", figures_.number("bandwidth"),
                        record_.config.platform.params.bus_bytes));
    }

    void merging() {
        const MergeOutcome& merging = record_.outcome.merging;
        if (merging.work.elements == 0) return;
        row("firmware merging", with_commas(merging.work.elements),
            fmt::format("elements, {} cycles of its processor", with_commas(merging.cycles)));
        row("  read", with_commas(merging.work.bytes_read),
            "bytes; not counted above, and not slowed by the devices' traffic");
        row("  written", with_commas(merging.work.bytes_written), "bytes, likewise");
    }

    void dram() {
        if (record_.memory.channels.empty()) return;
        row("DRAM bandwidth", fmt::format("{:.1f} GB/s", figures_.number("dram_bandwidth")),
            fmt::format("{} of {:.1f} GB/s peak; busiest channel {:.2f} x the average",
                        percent(figures_.number("dram_bandwidth_share")),
                        figures_.number("dram_peak_bandwidth"), figures_.number("dram_balance")));
        const double all = figures_.number("dram_row_hits") + figures_.number("dram_row_misses") +
                           figures_.number("dram_row_conflicts");
        const auto share = [&](const char* key) {
            return percent(all > 0 ? figures_.number(key) / all : 0);
        };
        row("  rows", share("dram_row_hits") + " hit",
            fmt::format("{} miss, {} conflict; refresh takes {}; {} turnarounds",
                        share("dram_row_misses"), share("dram_row_conflicts"),
                        percent(figures_.number("dram_refresh_share")),
                        with_commas(figures_.count("dram_turnarounds"))));
        const hw::DramController& controller = record_.config.platform.memory.dram.controller;
        row("  controller", controller.policy_name(),
            controller.forwarding
                ? plural(figures_.count("dram_forwarded"), "read") + " forwarded from queued writes"
                : std::string("reads are not forwarded from queued writes"));
        for (const hw::MemoryStream& stream : streams_of_all_devices(record_.memory.streams))
            row(fmt::format("  {} {}", stream.name, stream.write ? "write" : "read").c_str(),
                fmt::format("{:.1f} cycles", stream.latency.mean()),
                fmt::format("mean latency of {}; p50 {}, p99 {}, largest {}",
                            plural(stream.latency.count(), "burst"),
                            with_commas(stream.latency.percentile(50)),
                            with_commas(stream.latency.percentile(99)),
                            with_commas(stream.latency.max())));
    }

    void energy() {
        const std::string low = engineering(figures_.number("energy_low"), "J");
        const std::string high = engineering(figures_.number("energy_high"), "J");
        row("energy estimate", low,
            fmt::format("to {}; NOT VALIDATED; {}", high, energy_origin(record_.config)));
        row("", "",
            fmt::format("arithmetic {}, SRAM {}, DRAM {} to {}",
                        engineering(figures_.number("energy_arithmetic"), "J"),
                        engineering(figures_.number("energy_sram"), "J"),
                        engineering(figures_.number("energy_dram_low"), "J"),
                        engineering(figures_.number("energy_dram_high"), "J")));
    }

    const RunRecord& record_;
    Figures figures_;
    const CounterValues& counters_;
    std::string out_;
};

}  // namespace

std::string report_table(const RunRecord& record) { return Table(record).text(); }

}  // namespace tessera::host
