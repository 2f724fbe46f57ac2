// SPDX-License-Identifier: MIT
// The columns of a comparison: which figures of the runs' reports it shows.
#pragma once
#include "host/report/comparison.h"

namespace tessera::host {

/// How a figure is written for people.
enum class FigureForm { kCount, kPercent, kFactor, kJoule, kError, kBound };

/// A column of figures: where they are in a report, their unit, and their names.
struct ComparedColumn {
    const char* member;  ///< "derived" or "error"
    const char* key;
    const char* unit;     ///< as in the report
    const char* heading;  ///< short; the legend explains
    FigureForm form;
    const char* better = nullptr;  ///< key of what takes its place where the report has it
};

inline constexpr ComparedColumn kComparedColumns[] = {
    {"derived", "calls", "call", "calls", FigureForm::kCount},
    {"derived", "calls_formula", "call", "formula", FigureForm::kCount},
    {"derived", "calls_at_least", "call", "at least", FigureForm::kCount, "calls_schoenheim"},
    {"derived", "cycles", "cycle", "cycles", FigureForm::kCount},
    {"derived", "mac_utilisation", "1", "MAC %", FigureForm::kPercent},
    {"derived", "useful_utilisation", "1", "useful %", FigureForm::kPercent},
    {"derived", "bytes", "byte", "bytes", FigureForm::kCount},
    {"derived", "bytes_over_compulsory", "1", "/comp.", FigureForm::kFactor},
    {"derived", "bytes_over_io_bound", "1", "/IO", FigureForm::kFactor},
    {"derived", "energy_low", "J", "energy", FigureForm::kJoule},
    {"derived", "energy_high", "J", "to", FigureForm::kJoule},
    {"error", "rms_relative", "1", "rms error", FigureForm::kError},
    {"error", "max_over_full_bound", "1", "/bound", FigureForm::kBound},
};

/// The report's figure of a column; nullptr if the report has none.
const Figure* figure_of(const Section& report, const ComparedColumn& column);
/// "stacked" or "separate".
const char* heads_name(const ComparedRow& row);
/// The first report of a run.
const Section& first_report(const Comparison& comparison);

}  // namespace tessera::host
