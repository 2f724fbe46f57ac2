// SPDX-License-Identifier: MIT
// The rules over several keys of a configuration. The rule of one key stands in its row of
// config_keys().
#pragma once
#include <map>
#include <string>

#include "host/config/keys.h"

namespace tessera::host {

/// What was said of each key, and where: the first layer.
struct Said {
    KeyValue value;
    std::string where;
};
using Statements = std::map<std::string, Said>;  // by key path

/// UserError if values do not go together; it names them and who gave them.
void check_config(const ResolvedConfig& config, const Statements& said);

}  // namespace tessera::host
