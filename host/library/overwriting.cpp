// SPDX-License-Identifier: MIT
#include "host/library/overwriting.h"

#include <filesystem>

#include "host/error.h"
#include "host/io/safetensors.h"

namespace tessera::host {

std::vector<NamedOutput> outputs_in(const std::string& folder,
                                    const std::vector<std::string>& names) {
    std::vector<NamedOutput> outputs;
    outputs.reserve(names.size());
    for (const std::string& name : names)
        outputs.push_back({"`outputs.folder`", (std::filesystem::path(folder) / name).string()});
    return outputs;
}

std::vector<std::string> inputs_of(const Experiment& experiment,
                                   const std::vector<std::string>& sources) {
    const Experiment::Workload& w = experiment.workload;
    const Experiment::Arrays& arrays = w.arrays;
    std::vector<std::string> inputs = {arrays.q,
                                       arrays.k,
                                       arrays.v,
                                       arrays.a,
                                       arrays.b,
                                       w.mask.tile_flags,
                                       experiment.schedule.order,
                                       experiment.machine.device,
                                       experiment.machine.memory.value_or("")};
    if (w.file.empty()) inputs.push_back(w.sink_logits);
    if (!w.file.empty()) {
        const std::vector<std::string> files = SafetensorsFile(w.file).files();
        inputs.insert(inputs.end(), files.begin(), files.end());
    }
    inputs.insert(inputs.end(), sources.begin(), sources.end());
    return inputs;
}

namespace {

namespace fs = std::filesystem;

/// The path without links, so that two names of one place are equal. Where that cannot be known,
/// opening the file will say why.
fs::path place_of(const std::string& path) {
    std::error_code error;
    const fs::path place = fs::weakly_canonical(path, error);
    return error ? fs::path(path).lexically_normal() : place;
}

}  // namespace

void refuse_overwriting(const Experiment& experiment, const std::vector<std::string>& sources,
                        const std::vector<NamedOutput>& outputs) {
    std::error_code error;
    const std::vector<std::string> inputs = inputs_of(experiment, sources);
    for (const auto& [option, output] : outputs) {
        for (const std::string& input : inputs)
            if (!input.empty() && fs::equivalent(input, output, error))
                throw bad_value("`experiment`", option, output, "a file that is not an input");
        for (const NamedOutput& other : outputs)
            if (&other.path != &output && place_of(other.path) == place_of(output))
                throw bad_value("`experiment`", other.option, other.path,
                                std::string("a name that ") + option + " does not use");
    }
}

}  // namespace tessera::host
