// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "host/report/summary.h"
#include "host/text.h"

namespace tessera::host {
namespace {

class AttentionSummary {
  public:
    explicit AttentionSummary(const Section& content)
        : content_(content), derived_(content.section("derived")) {}

    std::vector<SummaryBlock> blocks() {
        calls();
        time();
        std::vector<SummaryBlock> blocks = {lines_.take(), engines()};
        lines_ = SummaryLines(kLabelWidth, kValueWidth);
        traffic();
        merging();
        dram();
        energy();
        add_error_lines(content_, lines_);
        add_approximation_lines(content_, lines_);
        blocks.push_back(lines_.take());
        return blocks;
    }

  private:
    static constexpr uint32_t kLabelWidth = 21, kValueWidth = 14;

    void row(const std::string& label, const std::string& value, const std::string& remark) {
        lines_.add(label, value, remark);
    }
    /// A figure of `derived`, already as text.
    void figure(const char* label, const char* key, const std::string& value,
                const std::string& remark) {
        lines_.add(label, value, remark, std::string("derived.") + key);
    }
    void count_row(const char* label, const char* key, const std::string& remark) {
        figure(label, key, count(key), remark);
    }
    void percent_row(const char* label, const char* key, const std::string& remark) {
        figure(label, key, percent(key), remark);
    }

    double number(const char* key) const { return derived_.number(key); }
    std::string count(const char* key) const { return with_commas(derived_.count(key)); }
    std::string percent(const char* key) const { return host::percent(number(key)); }
    std::string joules(const char* key) const { return engineering(number(key), "J"); }
    uint64_t counter(const std::string& key) const { return content_.count("counters." + key); }

    void calls() {
        count_row("calls", "calls",
                  fmt::format("formula {}, no schedule needs fewer than {}", count("calls_formula"),
                              count("calls_at_least")));
        oracles();
        if (derived_.has("calls_mask_off"))
            count_row("  mask switched off", "calls_mask_off",
                      "calls of a device whose calls need not be causal");
        if (derived_.has("slots"))
            count_row("  of an oracle", "packed_calls",
                      fmt::format("calls with {} x {} slots, {} of them used; this device has one "
                                  "slot",
                                  derived_.count("slot_heads"), derived_.count("slot_layers"),
                                  percent("slot_utilisation")));
    }

    /// What other oracles would take, beside the cover.
    void oracles() {
        if (!content_.has("oracle")) return;
        count_row("  Schoenheim's bound", "calls_schoenheim", "calls, by sets of M tokens");
        const Table& costs = content_.table("oracle.costs");
        for (size_t i = 0; i < costs.rows.size(); ++i) {
            const auto number = [&](const char* key) { return with_commas(costs.count(i, key)); };
            row("  " + costs.text(i, "name"), number("calls"),
                fmt::format(
                    "calls, {} MAC, {} bytes: {}{}", number("macs"), number("bytes"),
                    costs.text(i, "oracle") == "cover" ? content_.text("oracle.cover") + ", " : "",
                    costs.text(i, "calls_formula")));
        }
    }

    void time() {
        count_row("cycles", "cycles",
                  fmt::format("{} at {:g} GHz", engineering(number("time"), "s"),
                              content_.number("configuration.clock_ghz")));
        if (derived_.has("stall_free_cycles")) {
            const double more = number("stall_free_difference");
            count_row("stall-free cycles", "stall_free_cycles",
                      fmt::format("by closed formula; the run took {}{} more", more < 0 ? "-" : "",
                                  with_commas(static_cast<uint64_t>(std::fabs(more)))));
        } else {
            figure("stall-free cycles", "stall_free_cycles", "n/a",
                   "no closed formula for this run");
        }
        prediction();
        percent_row("mac_utilisation", "mac_utilisation", "of peak, real rows and keys only");
        percent_row("useful_utilisation", "useful_utilisation", "of peak, allowed pairs only");
        devices();
        count_row("firmware", "firmware_cycles",
                  fmt::format("cycles of its processor; {} more waiting for the device",
                              count("firmware_wait_cycles")));
    }

    void prediction() {
        const Table& candidates = content_.table("schedules_considered");
        for (size_t i = 0; i < candidates.rows.size(); ++i)
            row(i == 0 ? "auto: predicted" : "",
                with_commas(candidates.count(i, "predicted_cycles")),
                fmt::format("cycles, {} calls, {} bytes: {}{}{}",
                            with_commas(candidates.count(i, "predicted_calls")),
                            with_commas(candidates.count(i, "predicted_bytes")),
                            candidates.text(i, "schedule"),
                            std::get<bool>(candidates.cell(i, "stacked")) ? ", heads stacked" : "",
                            i == 0 ? fmt::format(" (chosen; {:+.1f} % off)",
                                                 100 * number("prediction_error"))
                                   : ""));
    }

    void devices() {
        if (derived_.count("devices") == 1) return;
        figure("speed-up", "speed_up", fmt::format("{:.2f} x", number("speed_up")),
               fmt::format("over one device, {} cycles; {} efficient",
                           count("single_device_cycles"), percent("parallel_efficiency")));
        percent_row("balance", "device_balance",
                    fmt::format("mean of the devices' cycles / the slowest; contention takes {}",
                                percent("contention")));
    }

    SummaryBlock engines() const {
        SummaryBlock block{{{"% of cycles", 2, 29},
                            {"busy", 1, 8, true},
                            {"idle", 1, 6, true},
                            {"stalled on", 3, 0}},
                           {}};
        block.rows = {engine("load engine", "load", {{"bank or port", "load_stall"}}),
                      engine("score stage", "score",
                             {{"Q", "score_stall_q"},
                              {"K", "score_stall_k"},
                              {"score buffer", "score_stall_buffer"}}),
                      engine("value stage", "value",
                             {{"V", "value_stall_v"},
                              {"state", "value_stall_state"},
                              {"scores", "value_stall_score"}}),
                      engine("store engine", "store", {{"state rows", "store_stall"}})};
        return block;
    }

    SummaryRow engine(const char* name, const std::string& key,
                      const std::vector<std::pair<const char*, const char*>>& stalls) const {
        std::string text;
        for (const auto& [what, counter] : stalls)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", what, share(counter));
        return {{name, share(key + "_busy"), share(key + "_idle"), text},
                "counters." + key + "_busy"};
    }

    std::string share(const std::string& key) const {
        const double cycles = number("cycles") * number("devices");
        const auto x = static_cast<double>(counter(key));
        return cycles > 0 ? fmt::format("{:.1f}", 100 * x / cycles) : std::string("n/a");
    }

    void traffic() {
        count_row("bytes", "bytes",
                  fmt::format("{:.2f} x compulsory {} (q, k, v read, o written once)",
                              number("bytes_over_compulsory"), count("bytes_compulsory")));
        const double over_io_bound = number("bytes_over_io_bound");
        if (std::isfinite(over_io_bound))
            figure("", "bytes_over_io_bound", fmt::format("{:.1f} x", over_io_bound),
                   "the order of growth that Saha & Ye prove, constant 1 taken: not a limit");
        static constexpr struct {
            const char *label, *counter;
            bool always;
        } kStreams[] = {{"  q", "bytes_q", true},
                        {"  k", "bytes_k", true},
                        {"  v", "bytes_v", true},
                        {"  o", "bytes_o", true},
                        {"  state read", "bytes_state_read", false},
                        {"  state, lse written", "bytes_state_write", false},
                        {"  index", "bytes_index", false},
                        {"  descriptors", "bytes_descriptor", true},
                        {"  records", "bytes_record", true}};
        for (const auto& stream : kStreams) {
            const uint64_t bytes = counter(stream.counter);
            if (stream.always || bytes != 0)
                lines_.add(stream.label, with_commas(bytes), "",
                           std::string("counters.") + stream.counter);
        }
        figure("arithmetic intensity", "arithmetic_intensity",
               fmt::format("{:.1f}", number("arithmetic_intensity")),
               fmt::format("flop/byte; {:.1f} byte/cycle of {} each way", number("bandwidth"),
                           content_.count("configuration.resolved.device.BUS_BYTES")));
    }

    void merging() {
        if (!derived_.has("merge_elements")) return;
        count_row("firmware merging", "merge_elements",
                  fmt::format("elements, {} cycles of its processor", count("merge_cycles")));
        count_row("  read", "merge_bytes_read",
                  "bytes; not counted above, and not slowed by the devices' traffic");
        count_row("  written", "merge_bytes_written", "bytes, likewise");
    }

    void dram() {
        if (!content_.has("memory")) return;
        figure("DRAM bandwidth", "dram_bandwidth",
               fmt::format("{:.1f} GB/s", number("dram_bandwidth")),
               fmt::format("{} of {:.1f} GB/s peak; busiest channel {:.2f} x the average",
                           percent("dram_bandwidth_share"), number("dram_peak_bandwidth"),
                           number("dram_balance")));
        const double all =
            number("dram_row_hits") + number("dram_row_misses") + number("dram_row_conflicts");
        const auto share = [&](const char* key) {
            return host::percent(all > 0 ? number(key) / all : 0);
        };
        figure("  rows", "dram_row_hits", share("dram_row_hits") + " hit",
               fmt::format("{} miss, {} conflict; refresh takes {}; {} turnarounds",
                           share("dram_row_misses"), share("dram_row_conflicts"),
                           percent("dram_refresh_share"), count("dram_turnarounds")));
        row("  controller", content_.text("memory.policy"),
            content_.flag("memory.forwarding")
                ? plural(derived_.count("dram_forwarded"), "read") + " forwarded from queued writes"
                : std::string("reads are not forwarded from queued writes"));
        streams();
    }

    void streams() {
        const Table& table = content_.table(
            derived_.count("devices") == 1 ? "memory.streams" : "memory.streams_of_all_devices");
        for (size_t i = 0; i < table.rows.size(); ++i) {
            const auto cycles = [&](const char* key) { return with_commas(table.count(i, key)); };
            row(fmt::format("  {} {}", table.text(i, "name"), table.text(i, "direction")),
                fmt::format("{:.1f} cycles", std::get<double>(table.cell(i, "latency.mean"))),
                fmt::format("mean latency of {}; p50 {}, p99 {}, largest {}",
                            plural(table.count(i, "bursts"), "burst"), cycles("latency.p50"),
                            cycles("latency.p99"), cycles("latency.max")));
        }
    }

    void energy() {
        figure("energy estimate", "energy_low", joules("energy_low"),
               fmt::format("to {}; NOT VALIDATED; {}", joules("energy_high"),
                           content_.text("energy_model.origin")));
        row("", "",
            fmt::format("arithmetic {}, SRAM {}, DRAM {} to {}", joules("energy_arithmetic"),
                        joules("energy_sram"), joules("energy_dram_low"),
                        joules("energy_dram_high")));
    }

    const Section& content_;
    const Section& derived_;
    SummaryLines lines_{kLabelWidth, kValueWidth};
};

}  // namespace

std::vector<SummaryBlock> attention_summary(const Section& content) {
    return AttentionSummary(content).blocks();
}

}  // namespace tessera::host
