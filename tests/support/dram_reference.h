// SPDX-License-Identifier: MIT
// Measurements of Ramulator 2.1 (tests/regress/ramulator2.json) and the same ones taken on our
// DRAM channel, with the constraints of the presets that the program ships.
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "hw_model/memory/dram_spec.h"

namespace tessera::test {

struct DramMeasurement {
    uint64_t clocks = 0;      ///< up to that of the last completion, included; the first is 0
    double mean_latency = 0;  ///< from acceptance to completion, in clocks
};

/// A row of the file: what was asked of the memory, and what Ramulator measured.
struct DramReference {
    std::string config, pattern;
    uint32_t in_flight = 0;  ///< requests outstanding at most
    DramMeasurement expected;

    std::string preset() const;
    bool hbm2() const { return config.rfind("hbm2", 0) == 0; }
    bool mop() const { return config.find("MOP4CLXOR") != std::string::npos; }
    bool refresh() const { return config.find("_noref") == std::string::npos; }
    std::string name() const;
};

std::vector<DramReference> dram_references(const nlohmann::json& file);
/// The shipped preset of that row, with the row's mapping and refresh.
hw::DramSpec reference_spec(const DramReference& row);
/// The row's requests on one channel: requests enter as soon as the limit of what is outstanding
/// and the controller's queue allow.
DramMeasurement measure(const DramReference& row);
std::vector<DramMeasurement> measure_all(const std::vector<DramReference>& rows);

/// By how much `here` is off `there`, in percent.
double deviation(double here, double there);
/// The rows and the worst of each column, for docs/memory.md.
std::string deviation_table(const std::vector<DramReference>& rows,
                            const std::vector<DramMeasurement>& here);

}  // namespace tessera::test
