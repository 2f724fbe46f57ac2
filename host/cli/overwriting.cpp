// SPDX-License-Identifier: MIT
#include "host/cli/overwriting.h"

#include <filesystem>

#include "host/cli/batch_options.h"
#include "host/error.h"

namespace tessera::host {

std::vector<NamedOutput> outputs_in(const std::string& folder,
                                    const std::vector<std::string>& names) {
    std::vector<NamedOutput> outputs;
    outputs.reserve(names.size());
    for (const std::string& name : names)
        outputs.push_back({"--out", (std::filesystem::path(folder) / name).string()});
    return outputs;
}

void refuse_overwriting(const RunOptions& o, const std::vector<NamedOutput>& outputs) {
    namespace fs = std::filesystem;
    std::vector<std::string> inputs = list_files(o);
    inputs.insert(inputs.end(), {o.input, o.q, o.k, o.v, o.a, o.b, o.sink_logits, o.tile_mask,
                                 o.device, o.memory.value_or("")});
    std::error_code error;
    for (const auto& [option, output] : outputs) {
        for (const std::string& input : inputs)
            if (!input.empty() && fs::equivalent(input, output, error))
                throw bad_value("command line", option, output, "a file that is not read as well");
        for (const NamedOutput& other : outputs)
            if (&other.path != &output &&
                fs::weakly_canonical(other.path, error) == fs::weakly_canonical(output, error))
                throw bad_value("command line", other.option, other.path,
                                std::string("a name that ") + option + " does not use");
    }
}

}  // namespace tessera::host
