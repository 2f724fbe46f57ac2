// SPDX-License-Identifier: MIT
#include "host/cli/overwriting.h"

#include <filesystem>

#include "host/cli/batch_options.h"
#include "host/error.h"
#include "host/io/safetensors.h"

namespace tessera::host {

std::vector<NamedOutput> outputs_in(const std::string& folder,
                                    const std::vector<std::string>& names) {
    std::vector<NamedOutput> outputs;
    outputs.reserve(names.size());
    for (const std::string& name : names)
        outputs.push_back({"--out", (std::filesystem::path(folder) / name).string()});
    return outputs;
}

namespace {

namespace fs = std::filesystem;

/// Files that `o` reads.
std::vector<std::string> inputs_of(const RunOptions& o) {
    std::vector<std::string> inputs = list_files(o);
    inputs.insert(inputs.end(),
                  {o.q, o.k, o.v, o.a, o.b, o.tile_mask, o.device, o.memory.value_or("")});
    if (o.input.empty()) inputs.push_back(o.sink_logits);
    if (!o.input.empty()) {
        const std::vector<std::string> files = SafetensorsFile(o.input).files();
        inputs.insert(inputs.end(), files.begin(), files.end());
    }
    return inputs;
}

/// The path without links, so that two names of one place are equal. Where that cannot be known,
/// opening the file will say why.
fs::path place_of(const std::string& path) {
    std::error_code error;
    const fs::path place = fs::weakly_canonical(path, error);
    return error ? fs::path(path).lexically_normal() : place;
}

}  // namespace

void refuse_overwriting(const RunOptions& o, const std::vector<NamedOutput>& outputs) {
    std::error_code error;
    const std::vector<std::string> inputs = inputs_of(o);
    for (const auto& [option, output] : outputs) {
        for (const std::string& input : inputs)
            if (!input.empty() && fs::equivalent(input, output, error))
                throw bad_value("command line", option, output, "a file that is not an input");
        for (const NamedOutput& other : outputs)
            if (&other.path != &output && place_of(other.path) == place_of(output))
                throw bad_value("command line", other.option, other.path,
                                std::string("a name that ") + option + " does not use");
    }
}

}  // namespace tessera::host
