// SPDX-License-Identifier: MIT
#include "host/io/safetensors.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/error.h"
#include "host/io/container.h"
#include "host/io/json_text.h"

namespace tessera::host {
namespace {

using nlohmann::json;
constexpr uint64_t kLengthBytes = 8;
constexpr const char* kMetadataKey = "__metadata__";

/// The header's JSON text, its place and length checked.
std::string_view header_text(const std::string& file, const uint8_t* data, uint64_t bytes) {
    const std::string_view content(reinterpret_cast<const char*>(data), bytes);
    refuse_other_container(file, content, Container::kSafetensors);
    uint64_t length = 0;
    if (bytes >= kLengthBytes) std::memcpy(&length, data, sizeof length);
    if (length < 2 || length > kMaxSafetensorsHeaderBytes) refuse_no_safetensors(file, content);
    if (length > bytes - kLengthBytes) {
        throw UserError(file + ": is cut short: its header should have " + std::to_string(length) +
                        " bytes, of which " + std::to_string(bytes - kLengthBytes) +
                        " are there; save or download it again");
    }
    const std::string_view text = content.substr(kLengthBytes, length);
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

/// Where a tensor's bytes are in the data section.
struct Span {
    std::string name;
    uint64_t begin = 0, end = 0;

    std::string text() const {
        return "[" + std::to_string(begin) + ", " + std::to_string(end) + "]";
    }
};

/// The tensor's place, inside the data section of `bytes` bytes.
Span read_span(const std::string& file, const std::string& name, const json& value,
               uint64_t bytes) {
    const std::string key = printable(name) + ".data_offsets";
    const auto offsets = unsigned_array(file, key, value);
    if (offsets.size() == 2 && offsets[0] <= offsets[1] && offsets[1] <= bytes)
        return {name, offsets[0], offsets[1]};
    const bool beyond = offsets.size() == 2 && offsets[0] <= offsets[1];
    throw bad_value(file, key, shape_text(offsets),
                    "[begin, end], begin <= end <= " + std::to_string(bytes) +
                        " (the bytes after the header)" +
                        (beyond ? "; the file may be cut short" : ""));
}

/// One tensor of a known type, at `span` of the data section `data`.
TensorView view_of(const std::string& file, const Span& span, Dtype dtype,
                   std::vector<uint64_t> shape, const uint8_t* data) {
    const std::string key = printable(span.name);
    TensorView view;
    view.file = file;
    view.name = span.name;
    view.dtype = dtype;
    view.shape = std::move(shape);
    const auto elements = element_count(view.shape);
    uint64_t size = 0;
    if (!elements || __builtin_mul_overflow(*elements, dtype_bytes(dtype), &size)) {
        throw bad_value(file, key + ".shape", shape_text(view.shape), "a size in bytes below 2^64");
    }
    view.elements = *elements;
    if (span.end - span.begin != size) {
        throw bad_value(file, key + ".data_offsets", span.text(),
                        "end - begin = " + std::to_string(size) + " (" + shape_text(view.shape) +
                            " of " + dtype_name(dtype) + ")");
    }
    view.data = data + span.begin;
    return view;
}

/// Adds the tensor `name`; `data` is the data section, of `bytes` bytes.
Span add_tensor(const std::string& file, const std::string& name, const json& value,
                const uint8_t* data, uint64_t bytes, SafetensorsContent& content) {
    const std::string key = printable(name);
    const Entry entry = read_entry(file, key, value);
    if (!entry.dtype->is_string())
        throw bad_value(file, key + ".dtype", json_excerpt(*entry.dtype), "a string");
    const auto& dtype_text = entry.dtype->get_ref<const std::string&>();
    std::vector<uint64_t> shape = unsigned_array(file, key + ".shape", *entry.shape);
    const Span span = read_span(file, name, *entry.data_offsets, bytes);
    if (const auto dtype = dtype_from_name(dtype_text))
        content.tensors.push_back(view_of(file, span, *dtype, std::move(shape), data));
    else
        content.unknown[name] = {dtype_text, span.end - span.begin};
    return span;
}

/// The tensors' bytes must be the data section, without holes, overlaps or a rest.
void check_layout(const std::string& file, const std::vector<Span>& spans, uint64_t bytes) {
    uint64_t end = 0;
    for (const Span& span : spans) {
        if (span.begin != end) {
            throw bad_value(file, printable(span.name) + ".data_offsets", span.text(),
                            "begin = " + std::to_string(end) +
                                ", where the tensor before ends (no holes, no overlaps)");
        }
        end = span.end;
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
    std::vector<Span> spans;
    for (const auto& [key, value] : header.items()) {
        if (key == kMetadataKey) {
            content.metadata = read_metadata(file, value);
        } else {
            spans.push_back(add_tensor(file, key, value, section, section_bytes, content));
        }
    }
    std::stable_sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
        return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    });
    check_layout(file, spans, section_bytes);
    std::stable_sort(content.tensors.begin(), content.tensors.end(),
                     [](const TensorView& a, const TensorView& b) {
                         return a.data != b.data ? a.data < b.data : a.bytes() < b.bytes();
                     });
    return content;
}

}  // namespace tessera::host
