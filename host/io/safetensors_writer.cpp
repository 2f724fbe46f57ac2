// SPDX-License-Identifier: MIT
#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "host/io/safetensors.h"

namespace tessera::host {

SafetensorsWriter::SafetensorsWriter(const std::string& path,
                                     const std::vector<TensorSpec>& tensors,
                                     const Metadata& metadata)
    : file_(path) {
    // Wide elements first: then every tensor is aligned to its element.
    std::vector<const TensorSpec*> order;
    order.reserve(tensors.size());
    for (const TensorSpec& tensor : tensors) order.push_back(&tensor);
    std::stable_sort(order.begin(), order.end(), [](const TensorSpec* a, const TensorSpec* b) {
        return dtype_bytes(a->dtype) > dtype_bytes(b->dtype);
    });
    nlohmann::ordered_json header = nlohmann::ordered_json::object();
    if (!metadata.empty()) header["__metadata__"] = metadata;
    uint64_t end = 0;
    for (const TensorSpec* tensor : order) {
        const uint32_t width = dtype_bytes(tensor->dtype);
        const auto elements = element_count(tensor->shape);
        uint64_t size = 0;
        if (!elements || __builtin_mul_overflow(*elements, width, &size) || size > INT64_MAX - end)
            throw std::invalid_argument("tensor too large: " + tensor->name);
        const Placed placed{end, *elements, 0, width};
        if (tensor->name == "__metadata__" || !placed_.emplace(tensor->name, placed).second)
            throw std::invalid_argument("tensor name taken: " + tensor->name);
        header[tensor->name] = {{"dtype", dtype_name(tensor->dtype)},
                                {"shape", tensor->shape},
                                {"data_offsets", {end, end + size}}};
        end += size;
    }
    std::string text = header.dump();
    text.resize((text.size() + 7) / 8 * 8, ' ');
    if (text.size() > kMaxSafetensorsHeaderBytes) throw std::invalid_argument("header too long");
    const uint64_t length = text.size();
    file_.append({reinterpret_cast<const char*>(&length), sizeof length});
    file_.append(text);
    for (auto& [name, placed] : placed_) placed.offset += sizeof length + length;
}

void SafetensorsWriter::write(const std::string& name, uint64_t first, const void* data,
                              uint64_t count) {
    Placed& placed = placed_.at(name);
    if (first > placed.elements || count > placed.elements - first)
        throw std::out_of_range(file_.path() + ": range outside tensor " + name);
    file_.write_at(placed.offset + first * placed.width, data, count * placed.width);
    placed.written += count;
}

void SafetensorsWriter::commit() {
    for (const auto& [name, placed] : placed_) {
        if (placed.written != placed.elements)
            throw std::logic_error(file_.path() + ": elements missing in tensor " + name);
    }
    file_.commit();
}

}  // namespace tessera::host
