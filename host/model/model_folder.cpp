// SPDX-License-Identifier: MIT
#include "host/model/model_folder.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>

#include "host/error.h"
#include "host/io/safetensors.h"
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

void open_decoder(ModelFolder& folder, uint32_t layers) {
    std::error_code none;
    folder.decoder = read_decoder_shape_file(folder.configuration());
    const std::string index = folder.weights + ".index.json";
    if (!fs::exists(folder.weights, none)) {
        if (!fs::exists(index, none))
            throw bad_value(folder.path, "model.safetensors", "missing",
                            "the weights, or model.safetensors.index.json with their shards");
        folder.weights = index;
    }
    Decoder decoder = decoder_of(*folder.decoder, folder.weights, layers);
    folder.model = std::move(decoder.model);
    folder.computed = std::move(decoder.computed);
}

}  // namespace

const DecoderShape& ModelFolder::decoder_shape() const {
    if (!decoder) throw bad_value(path, "config.json", "missing", "the configuration of a decoder");
    return *decoder;
}

std::vector<std::string> ModelFolder::files() const {
    std::vector<std::string> all = {vocabulary(), description(), configuration(), tokenizer()};
    if (!decoder) {
        all.push_back(weights);
        return all;
    }
    const SafetensorsFile file(weights);  // and its shards
    all.insert(all.end(), file.files().begin(), file.files().end());
    return all;
}

ModelFolder open_model(const std::string& name, uint32_t repeats) {
    std::error_code none;
    const std::string placed = models_folder() + "/" + name;
    const std::string path = fs::is_directory(name, none) ? name : placed;
    if (!fs::is_directory(path, none))
        throw bad_value("models", "name", printable(name),
                        fmt::format("a folder, or one of {}, which `scripts/fetch_model NAME` puts "
                                    "into {}",
                                    names_of_descriptions(), models_folder()));
    ModelFolder folder;
    folder.path = path;
    folder.weights = path + "/model.safetensors";
    if (fs::exists(folder.description(), none)) {
        folder.model = read_model_file(folder.description(), repeats);
        return folder;
    }
    if (fs::exists(folder.configuration(), none)) {
        open_decoder(folder, repeats);
        return folder;
    }
    const std::string last = fs::path(path).lexically_normal().filename().string();
    const EmbeddedPreset* known = find_description(last);
    if (known == nullptr)
        throw bad_value(path, "model.json", "missing",
                        fmt::format("a description of the model, or config.json of a decoder; "
                                    "there are descriptions of {}",
                                    names_of_descriptions()));
    folder.model = read_model(fmt::format("description of {}", known->name), known->text, repeats);
    return folder;
}

}  // namespace tessera::host
