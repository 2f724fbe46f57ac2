// SPDX-License-Identifier: MIT
// What is wrong with the value of a field: which element of a list, which key of an object.
#pragma once
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "host/experiment/fields.h"

namespace tessera::host {

struct WrongValue {
    std::string part;     ///< behind the field's path: "[1]", ": device.M", or nothing
    std::string value;    ///< of that part, for a message
    std::string allowed;  ///< there
};

/// Of a value that `field` does not take.
WrongValue wrong_value(const ExperimentField& field, const nlohmann::json& value);

}  // namespace tessera::host
