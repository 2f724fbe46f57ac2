// SPDX-License-Identifier: MIT
#include "host/report/operation_report.h"

#include <fmt/format.h>

#include <sstream>
#include <utility>

#include "host/experiment/experiment_json.h"
#include "host/platform/counters.h"
#include "host/report/coverage_text.h"
#include "host/report/dram.h"
#include "host/report/exactness_json.h"
#include "host/report/json_parts.h"
#include "host/report/table.h"
#include "host/text.h"
#include "host/version.h"

namespace tessera::host {
namespace {

using Json = nlohmann::ordered_json;
using spec::Counter;

/// The streams of an operation; those of an attention job's tensors go by the banks they fill.
constexpr struct {
    const char* key;
    Counter counter;
} kStreams[] = {
    {"bytes_q", Counter::kBytesQ},
    {"bytes_k", Counter::kBytesK},
    {"bytes_v", Counter::kBytesV},
    {"bytes_o", Counter::kBytesO},
    {"bytes_descriptor", Counter::kBytesDescriptor},
    {"bytes_record", Counter::kBytesRecord},
};

Json error_json(const OperationRecord& record) {
    if (!record.error) return {{"checked", false}, {"reason", record.not_checked}};
    const ElementErrors& e = *record.error;
    return {{"checked", true},
            {"within_bound", within_bound_json(e.elements, e.outside_bound())},
            {"reference", "double precision on the bf16 inputs"},
            {"bound", record.bound},
            {"elements", quantity(e.elements, "element", "compared")},
            {"outside", quantity(e.outside, "element", "beyond the bound")},
            {"not_compared", not_compared_json(e)},
            {"max_abs", quantity(of_compared(e, e.max_abs), "1", "largest |result - exact|")},
            {"rms_relative", quantity(of_compared(e, e.rms_relative), "1",
                                      "sqrt(sum (result - exact)^2 / sum exact^2)")},
            {"max_over_bound",
             quantity(of_compared(e, e.max_over_bound), "1", "largest error over its bound")}};
}

bool has_prefix(const Figure& figure) { return figure.unit == "s" || figure.unit == "J"; }

/// Figures that are shares of a peak: what they are a share of.
constexpr std::pair<const char*, const char*> kShares[] = {
    {"mac_utilisation", "of peak"},
    {"value_array_utilisation", "of the peak of the half that does useful work"},
};

const char* share_of(const Figure& figure) {
    for (const auto& [key, whole] : kShares)
        if (figure.key == key) return whole;
    return nullptr;
}

std::string real_text(const Figure& figure, double x) {
    if (has_prefix(figure)) return engineering(x, figure.unit.c_str());
    if (share_of(figure) != nullptr) return fmt::format("{:.2f} %", 100 * x);
    if (figure.key == "bytes_over_compulsory") return fmt::format("{:.2f} x", x);
    if (figure.unit == "multiply-add" && x < 0x1p64) return with_commas(static_cast<uint64_t>(x));
    return fmt::format("{:.6g}", x);
}

std::string value_text(const Figure& figure) {
    if (const auto* count = std::get_if<uint64_t>(&figure.value)) return with_commas(*count);
    if (const auto* x = std::get_if<double>(&figure.value)) return real_text(figure, *x);
    return "n/a";
}

/// The unit, where the value does not have it.
std::string remark(const Figure& figure) {
    if (const char* whole = share_of(figure)) return whole;
    return figure.unit == "1" || has_prefix(figure) ? "" : figure.unit;
}

std::string row(const std::string& label, const std::string& value, const std::string& remark) {
    std::string line = fmt::format("  {:<24} {:>16}  {}", label, value, remark);
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

std::string exactness_row(const Exactness& e) {
    if (e.exact()) return "";
    return row("NOT EXACT", e.withheld() ? "withheld" : "accepted", e.text());
}

std::string error_rows(const OperationRecord& record) {
    if (!record.error) return row("error", "not checked", record.not_checked);
    const ElementErrors& e = *record.error;
    std::string text = row("check", "", coverage_text(e) + ", against double precision");
    if (e.elements == 0) return text;
    const char* within = e.not_compared() == 0 ? "largest; every element within the bound"
                                               : "largest; every compared element within the bound";
    return text + row("error: max abs", fmt::format("{:.3e}", e.max_abs), "") +
           row("error: rms relative", fmt::format("{:.3e}", e.rms_relative), "") +
           row("error: error/bound", fmt::format("{:.3f}", e.max_over_bound),
               e.outside_bound() ? fmt::format("largest; {} elements OUTSIDE THE BOUND: mismatch",
                                               with_commas(e.outside))
                                 : within);
}

/// Words in lines of at most 100 columns.
std::string wrapped(const std::string& text) {
    std::istringstream words(text);
    std::string result, line, word;
    while (words >> word) {
        if (!line.empty() && line.size() + 1 + word.size() > 100) {
            result += line + "\n";
            line.clear();
        }
        line += (line.empty() ? "" : " ") + word;
    }
    return result + line + "\n";
}

}  // namespace

std::vector<Figure> operation_figures(const OperationRecord& record) {
    const CounterValues& counters = record.outcome.counters;
    const uint64_t cycles = counter_value(counters, Counter::kCycles);
    const uint64_t bytes = total_bytes(counters);
    const auto run = static_cast<double>(cycles);
    const double peak =
        static_cast<double>(record.config.platform.params.peak_macs_per_cycle()) * run;
    std::vector<Figure> figures = {
        {"calls", counter_value(counters, Counter::kAttendsRetired), "call",
         "counter attends_retired"},
        {"calls_formula", record.work.calls, "call", record.work.calls_formula},
        {"cycles", cycles, "cycle", "counter cycles"},
        {"time", run / (record.config.clock_ghz * 1e9), "s", "cycles / device clock"},
        {"useful_macs", record.work.macs, "multiply-add", record.work.macs_formula},
        {"mac_utilisation", record.work.macs / peak, "1", "useful_macs / (2 * LANES * D * cycles)"},
        {"bytes", bytes, "byte", "sum of the bytes_ counters: all that crosses the memory port"},
        {"bytes_compulsory", record.work.compulsory_bytes, "byte", record.work.compulsory_formula},
        {"bytes_over_compulsory",
         static_cast<double>(bytes) / static_cast<double>(record.work.compulsory_bytes), "1",
         "bytes / bytes_compulsory"},
        {"bandwidth", static_cast<double>(bytes) / run, "byte/cycle",
         "bytes / cycles; the bus carries BUS_BYTES each way"}};
    for (const auto& [key, counter] : kStreams)
        figures.push_back({key, counter_value(counters, counter), "byte", "counter of that name"});
    figures.push_back({"firmware_cycles", record.outcome.firmware_cycles, "cycle",
                       "processor planning commands and writing descriptors"});
    figures.insert(figures.end(), record.more.begin(), record.more.end());
    return figures;
}

Json operation_json(const OperationRecord& record) {
    Json problem = {{"input", record.input}, {"input_dtypes", record.input_dtypes}};
    for (const Figure& setting : record.problem) problem[setting.key] = figure_value(setting.value);
    problem["timing_only"] = record.config.platform.timing_only;
    Json json = {{"schema", "tessera." + record.name},
                 {"schema_version", kReportSchemaVersion},
                 {"tool", tool_json()},
                 {"command_line", record.command_line},
                 {"experiment", experiment_json(record.experiment)},
                 {"problem", problem},
                 {"configuration", configuration_json(record.config, record.regions)},
                 {"derived", figures_json(operation_figures(record))},
                 {"exactness", exactness_json(record.exactness)},
                 {"error", error_json(record)},
                 {"counters", counters_json(record.outcome.counters)},
                 {"commands_total", record.outcome.commands_total},
                 {"host",
                  {{"simulation_seconds", record.simulation_seconds},
                   {"check_seconds", record.check_seconds}}},
                 {"files", record.files}};
    if (!record.note.empty()) json["note"] = record.note;
    return json;
}

std::string operation_table(const OperationRecord& record) {
    const spec::DeviceParams& d = record.config.platform.params;
    std::string text = fmt::format(
        "tessera {} on device {} (M {}, D {}, {} lanes, bus {} B, {:g} GHz), memory {}\n"
        "input {} ({})\n{}{}\n\n",
        kVersion, record.config.device_name, d.m, d.d, d.lanes, d.bus_bytes,
        record.config.clock_ghz, memory_title(record.config.platform.memory), record.input,
        record.input_dtypes, record.title,
        record.config.platform.timing_only ? "; timing only" : "");
    for (const Figure& figure : operation_figures(record))
        text += row(figure.key, value_text(figure), remark(figure));
    text += exactness_row(record.exactness) + error_rows(record);
    if (!record.note.empty()) text += "\n" + wrapped(record.note);
    return text;
}

}  // namespace tessera::host
