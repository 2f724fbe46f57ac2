// SPDX-License-Identifier: MIT
#include "host/io/safetensors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "host/error.h"
#include "host/io/json_text.h"

namespace tessera::host {
namespace {

using nlohmann::json;
constexpr uint64_t kLengthBytes = 8;
constexpr const char* kMetadataKey = "__metadata__";

/// The header's JSON text, its place and length checked.
std::string_view header_text(const std::string& file, const uint8_t* data, uint64_t bytes) {
    if (bytes < kLengthBytes) {
        throw bad_value(file, "file size", std::to_string(bytes) + " bytes",
                        "at least 8 (the header's length)");
    }
    uint64_t length = 0;
    std::memcpy(&length, data, sizeof length);
    if (length < 2 || length > kMaxSafetensorsHeaderBytes || length > bytes - kLengthBytes) {
        const uint64_t most = std::min(kMaxSafetensorsHeaderBytes, bytes - kLengthBytes);
        throw bad_value(file, "header length", std::to_string(length),
                        "2 to " + std::to_string(most));
    }
    const std::string_view text(reinterpret_cast<const char*>(data) + kLengthBytes, length);
    if (text.front() != '{')
        throw bad_value(file, "first byte of the header", text.substr(0, 1), "{");
    return text;
}

/// An array of integers from 0 to 2^64 - 1.
std::vector<uint64_t> unsigned_array(const std::string& file, const std::string& key,
                                     const json& value) {
    std::vector<uint64_t> numbers;
    if (!value.is_array())
        throw bad_value(file, key, json_excerpt(value), "an array of non-negative integers");
    for (const json& number : value) {
        if (!number.is_number_unsigned())
            throw bad_value(file, key, json_excerpt(number), "non-negative integers");
        numbers.push_back(number.get<uint64_t>());
    }
    return numbers;
}

Metadata read_metadata(const std::string& file, const json& value) {
    Metadata metadata;
    if (!value.is_object()) {
        throw bad_value(file, kMetadataKey, json_excerpt(value), "an object of strings");
    }
    for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) {
            throw bad_value(file, std::string(kMetadataKey) + "." + printable(key),
                            json_excerpt(text), "a string");
        }
        metadata.emplace(key, text.get<std::string>());
    }
    return metadata;
}

/// The members of a tensor's entry; each must be there, and nothing else.
struct Entry {
    const json* dtype = nullptr;
    const json* shape = nullptr;
    const json* data_offsets = nullptr;
};

Entry read_entry(const std::string& file, const std::string& key, const json& value) {
    constexpr const char* kAllowed = "dtype, shape and data_offsets, each once";
    if (!value.is_object()) throw bad_value(file, key, json_excerpt(value), "an object");
    Entry entry;
    for (const auto& [member, content] : value.items()) {
        if (member == "dtype") {
            entry.dtype = &content;
        } else if (member == "shape") {
            entry.shape = &content;
        } else if (member == "data_offsets") {
            entry.data_offsets = &content;
        } else {
            throw bad_value(file, key + "." + printable(member), json_excerpt(content), kAllowed);
        }
    }
    const char* missing = entry.dtype == nullptr          ? ".dtype"
                          : entry.shape == nullptr        ? ".shape"
                          : entry.data_offsets == nullptr ? ".data_offsets"
                                                          : nullptr;
    if (missing != nullptr) throw bad_value(file, key + missing, "missing", kAllowed);
    return entry;
}

/// One tensor; `data` is the data section, of `bytes` bytes.
TensorView read_tensor(const std::string& file, const std::string& name, const json& value,
                       const uint8_t* data, uint64_t bytes) {
    const std::string key = printable(name);
    const Entry entry = read_entry(file, key, value);
    TensorView view;
    view.file = file;
    view.name = name;
    const auto dtype = entry.dtype->is_string()
                           ? dtype_from_name(entry.dtype->get_ref<const std::string&>())
                           : std::nullopt;
    if (!dtype) throw bad_value(file, key + ".dtype", json_excerpt(*entry.dtype), dtype_names());
    view.dtype = *dtype;
    view.shape = unsigned_array(file, key + ".shape", *entry.shape);
    const auto elements = element_count(view.shape);
    uint64_t size = 0;
    if (!elements || __builtin_mul_overflow(*elements, dtype_bytes(*dtype), &size)) {
        throw bad_value(file, key + ".shape", shape_text(view.shape), "a size in bytes below 2^64");
    }
    view.elements = *elements;
    const auto offsets = unsigned_array(file, key + ".data_offsets", *entry.data_offsets);
    const std::string found = shape_text(offsets);
    if (offsets.size() != 2 || offsets[0] > offsets[1] || offsets[1] > bytes) {
        throw bad_value(file, key + ".data_offsets", found,
                        "[begin, end], begin <= end <= " + std::to_string(bytes) +
                            " (the bytes after the header)");
    }
    if (offsets[1] - offsets[0] != size) {
        throw bad_value(file, key + ".data_offsets", found,
                        "end - begin = " + std::to_string(size) + " (" + shape_text(view.shape) +
                            " of " + dtype_name(*dtype) + ")");
    }
    view.data = data + offsets[0];
    return view;
}

/// The tensors' bytes must be the data section, without holes, overlaps or a rest.
void check_layout(const std::string& file, const std::vector<TensorView>& tensors,
                  const uint8_t* data, uint64_t bytes) {
    uint64_t end = 0;
    for (const TensorView& tensor : tensors) {
        const auto begin = static_cast<uint64_t>(tensor.data - data);
        if (begin != end) {
            throw bad_value(
                file, printable(tensor.name) + ".data_offsets",
                "[" + std::to_string(begin) + ", " + std::to_string(begin + tensor.bytes()) + "]",
                "begin = " + std::to_string(end) +
                    ", where the tensor before ends (no holes, no overlaps)");
        }
        end += tensor.bytes();
    }
    if (end != bytes) {
        throw bad_value(file, "size of the data", std::to_string(bytes) + " bytes",
                        std::to_string(end) + " bytes, where the last tensor ends");
    }
}

}  // namespace

SafetensorsContent parse_safetensors(const std::string& file, const uint8_t* data, uint64_t bytes) {
    const std::string_view text = header_text(file, data, bytes);
    const json header = parse_json(file + ": header", text);
    const uint8_t* section = data + kLengthBytes + text.size();
    const uint64_t section_bytes = bytes - kLengthBytes - text.size();
    SafetensorsContent content;
    for (const auto& [key, value] : header.items()) {
        if (key == kMetadataKey) {
            content.metadata = read_metadata(file, value);
        } else {
            content.tensors.push_back(read_tensor(file, key, value, section, section_bytes));
        }
    }
    std::stable_sort(content.tensors.begin(), content.tensors.end(),
                     [](const TensorView& a, const TensorView& b) {
                         return a.data != b.data ? a.data < b.data : a.bytes() < b.bytes();
                     });
    check_layout(file, content.tensors, section, section_bytes);
    return content;
}

SafetensorsFile::SafetensorsFile(const std::string& path)
    : file_(path), content_(parse_safetensors(path, file_.data(), file_.bytes())) {}

const TensorView* SafetensorsFile::find(const std::string& name) const {
    for (const TensorView& tensor : content_.tensors) {
        if (tensor.name == name) return &tensor;
    }
    return nullptr;
}

const TensorView& SafetensorsFile::tensor(const std::string& name) const {
    const TensorView* found = find(name);
    if (found != nullptr) return *found;
    std::string names;
    for (const TensorView& tensor : content_.tensors)
        names += (names.empty() ? "" : ", ") + printable(tensor.name);
    if (names.size() > 400) names = names.substr(0, 400) + "...";
    throw bad_value(path(), "tensor " + printable(name), "missing",
                    names.empty() ? "the file holds no tensors" : names);
}

}  // namespace tessera::host
