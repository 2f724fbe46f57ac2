// SPDX-License-Identifier: MIT
// One file of tensors, or an index and its shards, by the names of the tensors.
#include <filesystem>
#include <utility>

#include "host/error.h"
#include "host/io/container.h"
#include "host/io/safetensors.h"
#include "host/io/safetensors_index.h"

namespace tessera::host {
namespace {

std::string_view content_of(const MappedFile& file) {
    return {reinterpret_cast<const char*>(file.data()), file.bytes()};
}

MappedFile map_shard(const std::string& path, const std::string& index) {
    try {
        return MappedFile(path);
    } catch (const UserError& error) {
        throw UserError(std::string(error.what()) + "; " + index + " names this shard");
    }
}

}  // namespace

SafetensorsFile::SafetensorsFile(const std::string& path) : path_(path), files_{path} {
    MappedFile file(path);
    const std::string_view content = content_of(file);
    if (!starts_as_safetensors(content) && starts_as_json(content))
        read_shards(file);
    else
        add_file(path, std::move(file), [](const std::string&) { return true; });
}

template <typename Wanted>
void SafetensorsFile::add_file(const std::string& path, MappedFile file, Wanted&& wanted) {
    SafetensorsContent content = parse_safetensors(path, file.data(), file.bytes());
    for (TensorView& view : content.tensors)
        if (wanted(view.name)) content_.tensors.push_back(std::move(view));
    for (auto& [name, unknown] : content.unknown)
        if (wanted(name)) content_.unknown.emplace(name, std::move(unknown));
    content_.metadata.merge(content.metadata);
    mapped_.push_back(std::move(file));
}

void SafetensorsFile::read_shards(const MappedFile& index) {
    const WeightMap shard_of = parse_safetensors_index(path_, content_of(index));
    std::map<std::string, std::vector<std::string>> tensors_of;
    for (const auto& [tensor, shard] : shard_of) tensors_of[shard].push_back(tensor);
    const std::filesystem::path folder = std::filesystem::path(path_).parent_path();
    for (const auto& [shard, tensors] : tensors_of) {
        const std::string path = (folder / shard).string();
        files_.push_back(path);
        const size_t before = content_.tensors.size() + content_.unknown.size();
        add_file(path, map_shard(path, path_), [&, name_of_shard = shard](const std::string& name) {
            const auto found = shard_of.find(name);
            return found != shard_of.end() && found->second == name_of_shard;
        });
        if (content_.tensors.size() + content_.unknown.size() - before == tensors.size()) continue;
        for (const std::string& name : tensors)
            if (find(name) == nullptr && content_.unknown.count(name) == 0)
                throw UserError(path + ": tensor " + printable(name) + " is missing, which " +
                                path_ + " says is in this shard");
    }
}

const TensorView* SafetensorsFile::find(const std::string& name) const {
    for (const TensorView& tensor : content_.tensors) {
        if (tensor.name == name) return &tensor;
    }
    return nullptr;
}

std::string SafetensorsFile::names() const {
    constexpr size_t kMaxBytes = 400;
    std::vector<std::string> all;
    for (const TensorView& tensor : content_.tensors) all.push_back(printable(tensor.name));
    for (const auto& [name, unknown] : content_.unknown) all.push_back(printable(name));
    if (all.empty()) return "no tensors";
    std::string text = all.front();
    for (size_t i = 1; i < all.size(); ++i) {
        if (text.size() + all[i].size() > kMaxBytes)
            return text + " and " + std::to_string(all.size() - i) + " more";
        text += ", " + all[i];
    }
    return text;
}

const TensorView& SafetensorsFile::tensor(const std::string& name, TensorUse use,
                                          const std::string& advice) const {
    if (const TensorView* found = find(name)) {
        found->require_use(use);
        return *found;
    }
    const auto unknown = content_.unknown.find(name);
    if (unknown != content_.unknown.end())
        throw bad_value(path(), "dtype of tensor " + printable(name), unknown->second.dtype,
                        allowed_dtypes(use));
    throw UserError(path() + ": tensor " + printable(name) + " is missing; the file has " +
                    names() + (advice.empty() ? "" : "; " + advice));
}

}  // namespace tessera::host
