// SPDX-License-Identifier: MIT
// The derived numbers of a run, each with unit and formula: one list for the table and the JSON.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/figure.h"
#include "host/predict/formulas.h"
#include "host/run/run_record.h"

namespace tessera::host {

class Figures {
  public:
    /// All figures of `record`. Needs the counters, not the tensors.
    explicit Figures(const RunRecord& record);

    const std::vector<Figure>& all() const { return figures_; }
    /// The figure `key`; std::out_of_range if there is none.
    const Figure& at(const std::string& key) const;
    /// Its value as a number; NaN if it has none.
    double number(const std::string& key) const;
    /// Its value as a count; std::bad_variant_access if it is none.
    uint64_t count(const std::string& key) const;

  private:
    void add(const char* key, FigureValue value, const char* unit, std::string formula);
    void add_work(const RunRecord& record);
    void add_slots(const RunRecord& record);
    void add_time(const RunRecord& record);
    void add_prediction(const RunRecord& record);
    void add_utilisation(const RunRecord& record);
    void add_devices(const RunRecord& record);
    void add_traffic(const RunRecord& record);
    void add_io_bound(const RunRecord& record);
    void add_dram(const RunRecord& record);
    void add_energy(const RunRecord& record);
    void add_firmware(const RunRecord& record);
    void add_merging(const RunRecord& record);

    const WorkFormula work_;
    std::vector<Figure> figures_;
};

}  // namespace tessera::host
