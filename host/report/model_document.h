// SPDX-License-Identifier: MIT
// The report of a model: what each of its layers took, and all of them together.
#pragma once
#include <string>
#include <vector>

#include "host/config/config.h"
#include "host/model/model_run.h"
#include "host/report/document.h"

namespace tessera::host {

/// A line of the summary. `figure`: the path of what `value` is.
struct ModelLine {
    std::string label, value, remark, figure;
};

struct ModelReport {
    std::string name;   ///< of the command: "transcribe"
    std::string title;  ///< what was computed, a line
    std::string model, weights, input;
    std::vector<std::string> command_line;
    ResolvedConfig config;
    Precision precision = Precision::kExact;
    const ModelRecord* record = nullptr;
    bool checked = false;
    std::vector<Figure> results;       ///< of the command alone: tokens, text
    std::vector<Table> tables;         ///< likewise
    std::vector<Table> details;        ///< likewise, too long for the summary
    std::vector<ModelLine> lines;      ///< likewise, of the summary
    std::vector<SummaryBlock> blocks;  ///< likewise, behind its tables
    size_t most_rows = 20;             ///< of a table in the summary
    double seconds = 0;                ///< wall clock
    std::vector<std::string> inputs;   ///< files that it was made from
    std::vector<std::string> files;
};

/// Schema `tessera.NAME`; docs/use/report.md.
Document model_document(const ModelReport& report);

}  // namespace tessera::host
