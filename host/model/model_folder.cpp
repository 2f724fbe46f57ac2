// SPDX-License-Identifier: MIT
#include "host/model/model_folder.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "host/error.h"
#include "host/model/descriptions.h"

namespace tessera::host {
namespace {

namespace fs = std::filesystem;

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
}

std::string models_folder() {
    if (const std::string own = variable("TESSERA_MODEL_DIR"); !own.empty()) return own;
    if (const std::string data = variable("XDG_DATA_HOME"); !data.empty())
        return data + "/tessera/models";
    return variable("HOME") + "/.local/share/tessera/models";
}

const EmbeddedPreset* find_description(const std::string& name) {
    for (const EmbeddedPreset& description : embedded_models())
        if (name == description.name) return &description;
    return nullptr;
}

std::string names_of_descriptions() {
    std::string names;
    for (const EmbeddedPreset& description : embedded_models())
        names += (names.empty() ? "" : ", ") + std::string(description.name);
    return names;
}

}  // namespace

ModelFolder open_model(const std::string& name, uint32_t repeats) {
    std::error_code none;
    const std::string placed = models_folder() + "/" + name;
    const std::string path = fs::is_directory(name, none) ? name : placed;
    if (!fs::is_directory(path, none))
        throw bad_value("models", "name", printable(name),
                        fmt::format("a folder, or one of {}, which `scripts/fetch_model NAME` puts "
                                    "into {}",
                                    names_of_descriptions(), models_folder()));
    const std::string own = path + "/model.json";
    if (fs::exists(own, none)) return {path, read_model_file(own, repeats)};
    const std::string last = fs::path(path).lexically_normal().filename().string();
    const EmbeddedPreset* known = find_description(last);
    if (known == nullptr)
        throw bad_value(path, "model.json", "missing",
                        fmt::format("a description of the model; there are some for {}",
                                    names_of_descriptions()));
    return {path, read_model(fmt::format("description of {}", known->name), known->text, repeats)};
}

}  // namespace tessera::host
