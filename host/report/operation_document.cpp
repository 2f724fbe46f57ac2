// SPDX-License-Identifier: MIT
#include "host/report/operation_document.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "host/experiment/experiment_json.h"
#include "host/platform/counters.h"
#include "host/report/document_json.h"
#include "host/report/inputs_table.h"
#include "host/report/sections.h"
#include "host/report/summary.h"
#include "host/report/title.h"

namespace tessera::host {
namespace {

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

Section operation_error_section(const OperationRecord& record) {
    if (!record.error)
        return {"error", {fact("checked", false), fact("reason", record.not_checked)}};
    const ElementErrors& e = *record.error;
    return {"error",
            {fact("checked", true), within_bound_fact(e.elements, e.outside_bound()),
             fact("reference", "double precision on the bf16 inputs"), fact("bound", record.bound),
             defined("elements", e.elements, "element", "compared"),
             defined("outside", e.outside, "element", "beyond the bound"), not_compared_section(e),
             defined("max_abs", of_compared(e, e.max_abs), "1", "largest |result - exact|"),
             defined("rms_relative", of_compared(e, e.rms_relative), "1",
                     "sqrt(sum (result - exact)^2 / sum exact^2)"),
             defined("max_over_bound", of_compared(e, e.max_over_bound), "1",
                     "largest error over its bound")}};
}

/// Calls, cycles, utilisation and bytes, then what the operation has of its own.
Section figures_section(const OperationRecord& record) {
    const CounterValues& counters = record.outcome.counters;
    const uint64_t cycles = counter_value(counters, Counter::kCycles);
    const uint64_t bytes = total_bytes(counters);
    const auto run = static_cast<double>(cycles);
    const double peak =
        static_cast<double>(record.config.platform.params.peak_macs_per_cycle()) * run;
    Section section{
        "derived",
        {Figure{"calls", counter_value(counters, Counter::kAttendsRetired), "call",
                "counter attends_retired"},
         Figure{"calls_formula", record.work.calls, "call", record.work.calls_formula},
         Figure{"cycles", cycles, "cycle", "counter cycles"},
         Figure{"time", run / (record.config.clock_ghz * 1e9), "s", "cycles / device clock"},
         Figure{"useful_macs", record.work.macs, "multiply-add", record.work.macs_formula},
         Figure{"mac_utilisation", record.work.macs / peak, "1",
                "useful_macs / (2 * LANES * D * cycles)"},
         Figure{"bytes", bytes, "byte",
                "sum of the bytes_ counters: all that crosses the memory port"},
         Figure{"bytes_compulsory", record.work.compulsory_bytes, "byte",
                record.work.compulsory_formula},
         Figure{"bytes_over_compulsory",
                static_cast<double>(bytes) / static_cast<double>(record.work.compulsory_bytes), "1",
                "bytes / bytes_compulsory"},
         Figure{"bandwidth", static_cast<double>(bytes) / run, "byte/cycle",
                "bytes / cycles; the bus carries BUS_BYTES each way"}}};
    const auto add = [&](Figure figure) { section.entries.emplace_back(std::move(figure)); };
    for (const auto& [key, counter] : kStreams)
        add({key, counter_value(counters, counter), "byte", "counter of that name"});
    add({"firmware_cycles", record.outcome.firmware_cycles, "cycle",
         "processor planning commands and writing descriptors"});
    for (const Figure& figure : record.more) add(figure);
    return section;
}

Section operation_problem_section(const OperationRecord& record) {
    Section section{"problem",
                    {fact("input", record.input), fact("input_dtypes", record.input_dtypes)}};
    for (const Figure& setting : record.problem)
        section.entries.emplace_back(fact(setting.key, setting.value));
    section.entries.emplace_back(fact("timing_only", record.config.platform.timing_only));
    return section;
}

std::string title_of(const OperationRecord& record) {
    return machine_text(record.config, "", "") +
           fmt::format("input {} ({})\n{}{}\n", record.input, record.input_dtypes, record.title,
                       record.config.platform.timing_only ? "; timing only" : "");
}

}  // namespace

Document operation_document(const OperationRecord& record) {
    Section content{
        "",
        {fact("schema", "tessera." + record.name), fact("schema_version", kReportSchemaVersion),
         tool_section(), list("command_line", record.command_line),
         section_of("experiment", experiment_json(record.experiment)),
         operation_problem_section(record), configuration_section(record.config, record.regions),
         figures_section(record), exactness_entry(record.exactness),
         operation_error_section(record), counters_section(record.outcome.counters),
         fact("commands_total", record.outcome.commands_total),
         host_section(record.simulation_seconds, record.check_seconds), inputs_table(record.inputs),
         list("files", record.files)}};
    if (!record.note.empty()) content.entries.emplace_back(fact("note", record.note));
    std::vector<SummaryBlock> summary = operation_summary(content);
    return {title_of(record), std::move(content), std::move(summary)};
}

}  // namespace tessera::host
