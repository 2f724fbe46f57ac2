// SPDX-License-Identifier: MIT
// Measurements of Ramulator 2.1 (tests/regress/ramulator2.json,
// ramulator2-mixed.json) and the same
// ones taken on our DRAM channel, with the constraints of the presets that the program ships.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "hw_model/memory/dram_spec.h"

namespace tessera::test {

/// Latencies are means from acceptance to completion, in clocks.
struct DramMeasurement {
    uint64_t clocks = 0;  ///< from the first, which is 1, to that of the last completion
    std::optional<double> latency, read_latency, write_latency;

    bool operator==(const DramMeasurement& o) const {
        return clocks == o.clocks && latency == o.latency && read_latency == o.read_latency &&
               write_latency == o.write_latency;
    }
};

/// A row of a file: what was asked of the memory, and what Ramulator measured.
struct DramReference {
    std::string config, pattern;
    uint32_t in_flight = 0;  ///< requests outstanding at most
    DramMeasurement expected;
    int decimals = 1;  ///< of its latencies

    std::string preset() const;
    bool hbm2() const { return config.rfind("hbm2", 0) == 0; }
    bool mop() const { return config.find("MOP4CLXOR") != std::string::npos; }
    bool refresh() const { return config.find("_noref") == std::string::npos; }
    std::string name() const;
};

std::vector<DramReference> dram_references(const nlohmann::json& file);
/// The shipped preset of that row, with the row's mapping and refresh.
hw::DramSpec reference_spec(const DramReference& row, hw::DramPolicy policy);
/// The row's requests on one channel: requests enter in order, as soon as the limit of what is
/// outstanding and the controller's queues allow. Means are rounded as the row's.
DramMeasurement measure(const DramReference& row, hw::DramPolicy policy);

/// The rows under both policies, for docs/results/memory.md.
std::string policy_table(const std::vector<DramReference>& rows);

}  // namespace tessera::test
