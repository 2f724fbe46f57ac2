// SPDX-License-Identifier: MIT
#include "host/report/attention_document.h"

#include <nlohmann/json.hpp>

#include "host/experiment/experiment_json.h"
#include "host/report/document_json.h"
#include "host/report/inputs_table.h"
#include "host/report/sections.h"
#include "host/report/summary.h"
#include "host/report/tiles_section.h"
#include "host/report/title.h"

namespace tessera::host {

Document attention_document(const RunRecord& record) {
    Section content{"",
                    {fact("schema", "tessera.report"),
                     fact("schema_version", kReportSchemaVersion),
                     tool_section(),
                     list("command_line", record.command_line),
                     section_of("experiment", experiment_json(record.experiment)),
                     problem_section(record),
                     candidates_table(record),
                     self_oracle_entry(record),
                     approximation_entry(record),
                     configuration_section(record.config, record.layout.regions),
                     derived_section(record),
                     tiles_section(record),
                     memory_entry(record),
                     energy_model_section(record.config),
                     exactness_entry(record.exactness),
                     error_section(record),
                     counters_section(record.outcome.counters),
                     counters_of_devices_table(record.devices),
                     fact("commands_total", record.outcome.commands_total),
                     host_section(record.simulation_seconds, record.check_seconds),
                     inputs_table(record.inputs),
                     list("files", record.files)}};
    std::vector<SummaryBlock> summary = attention_summary(content);
    return {title_text(record), std::move(content), std::move(summary)};
}

}  // namespace tessera::host
