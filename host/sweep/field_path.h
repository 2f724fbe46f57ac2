// SPDX-License-Identifier: MIT
// A field of experiments by its path, as a grid names it: "workload.random.tokens", or
// "machine.settings.device.LANES", which is one key of the machine's settings.
#pragma once
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "host/experiment/fields.h"

namespace tessera::host {

class FieldPath {
  public:
    /// Nothing if there is no such field.
    static std::optional<FieldPath> find(const std::string& path);
    /// Of a file: UserError if a sweep cannot set it.
    FieldPath(const std::string& where, const std::string& path);

    const std::string& path() const { return path_; }
    /// "tokens": what stands behind the last dot.
    std::string short_name() const;
    /// The value in `experiment`; of a setting that is not given null.
    nlohmann::json get(const Experiment& experiment) const;
    /// Gives the field this value. UserError names `where`, `place` in it, the value and what is
    /// allowed.
    void set(Experiment& experiment, const nlohmann::json& value, const std::string& where,
             const std::string& place) const;

  private:
    FieldPath(const ExperimentField& field, std::string path, std::string key)
        : field_(&field), path_(std::move(path)), key_(std::move(key)) {}

    const ExperimentField* field_;
    std::string path_;
    std::string key_;  ///< of the settings; empty: the field itself
};

/// A value in a name: a plain word as it is, others as JSON, so that different values have
/// different names.
std::string value_name(const nlohmann::json& value);

}  // namespace tessera::host
