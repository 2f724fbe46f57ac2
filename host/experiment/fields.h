// SPDX-License-Identifier: MIT
// Every field of an experiment, once: its path, what it means, what is allowed, where it applies.
// JSON both ways, the schema, messages and docs/use/experiments.md all come from this table.
#pragma once
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "include/tessera/experiment.h"

namespace tessera::host {

/// To which operations and sources of operands a field belongs; of a kind without a bit: to all.
enum FieldUse : unsigned {
    kOfAll = 0,
    kOfAttention = 1,
    kOfGemm = 2,
    kOfLinear = 4,
    kOfRandom = 8,
    kOfFile = 16,
    kOfArrays = 32,
    kOfMemory = 64,
};

struct ExperimentField {
    std::string path;       ///< "workload.mask.window"
    std::string meaning;    ///< a sentence without its full stop, with its unit
    unsigned use;           ///< FieldUse
    nlohmann::json schema;  ///< type and range, as JSON Schema says them
    std::string allowed;    ///< the same in words: "0 to 2147483648"
    std::function<nlohmann::json(const Experiment&)> get;
    /// False, and nothing is set, if the value is not allowed.
    std::function<bool(Experiment&, const nlohmann::json&)> set;
};

/// In the order of the struct.
const std::vector<ExperimentField>& experiment_fields();

/// Does the field mean something in `experiment`?
bool applies(const ExperimentField& field, const Experiment& experiment);
/// "gemm; random", or nothing if it applies to all.
std::string use_text(const ExperimentField& field);
/// The same in a message, of a field that does not apply to all.
std::string condition_text(const ExperimentField& field);
/// The field's row in the table of docs/use/experiments.md.
std::string manual_row(const ExperimentField& field);

}  // namespace tessera::host
