// SPDX-License-Identifier: MIT
#include "host/operation/memory_map.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/error.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

constexpr double kMaxTensor = 0x1p60;  ///< bytes; sums of a few such still fit 64 bits

UserError not_enough(const std::string& why, const std::string& allowed) {
    return UserError("not enough memory: " + why, {"machine.memory", "", allowed});
}

}  // namespace

const char* element_name(ElementType type) {
    switch (type) {
        case ElementType::kBf16: return "bf16";
        case ElementType::kFp32: return "fp32";
        default: return "index";
    }
}

TensorLayout TensorLayout::heads(ElementType type, uint64_t heads, uint64_t rows,
                                 uint64_t columns) {
    return {type, heads, rows, columns, columns};
}

TensorLayout TensorLayout::matrix(ElementType type, uint64_t rows, uint64_t columns,
                                  uint64_t block) {
    const uint64_t blocks = spec::divide_up(columns, block);
    return {type, blocks, rows, std::min(columns, block), columns - (blocks - 1) * block};
}

bool TensorLayout::lies_as(const TensorLayout& other) const {
    const bool even = columns == last_columns && other.columns == other.last_columns;
    return *this == other || (even && type == other.type && columns == other.columns &&
                              blocks * rows == other.blocks * other.rows);
}

bool TensorLayout::operator==(const TensorLayout& other) const {
    return type == other.type && blocks == other.blocks && rows == other.rows &&
           columns == other.columns && last_columns == other.last_columns;
}

std::string TensorLayout::text() const {
    const auto one = [](uint64_t count, const char* name) {
        return fmt::format("{} {}{}", count, name, count == 1 ? "" : "s");
    };
    return fmt::format(
        "{} of {} of {} {}{}", one(blocks, "block"), one(rows, "row"), columns, element_name(type),
        last_columns == columns ? "" : fmt::format(", the last of {}", last_columns));
}

fw::Tensor Buffer::seen_as(const TensorLayout& other) const {
    fw::Tensor seen = tensor;
    seen.head_stride = other.rows * tensor.pitch;
    return seen;
}

uint64_t MemoryMap::end() const {
    return regions_.empty() ? kRegionAlignment : regions_.back().address + regions_.back().bytes;
}

/// Regions of no bytes go behind all others, so that each has an address of its own.
uint64_t MemoryMap::place_region(const std::string& name, uint64_t bytes, Lifetime lifetime) {
    uint64_t address = kRegionAlignment;
    auto behind = regions_.begin();
    for (; behind != regions_.end(); ++behind) {
        if (bytes != 0 && address + bytes <= behind->address) break;
        address = spec::round_up(behind->address + behind->bytes, kRegionAlignment);
    }
    regions_.insert(behind, {name, address, bytes, lifetime});
    return address;
}

fw::Tensor MemoryMap::place_rows(const std::string& name, uint64_t heads, uint64_t rows,
                                 uint64_t row_bytes, Lifetime lifetime) {
    fw::Tensor t;
    t.pitch = static_cast<uint32_t>(spec::round_up(row_bytes, bus_));
    if (static_cast<double>(heads) * static_cast<double>(rows) * t.pitch > kMaxTensor)
        throw not_enough(fmt::format("tensor {} has {} blocks of {} rows of {} bytes", name, heads,
                                     rows, t.pitch),
                         "");
    t.head_stride = rows * t.pitch;
    t.address = place_region(name, heads * t.head_stride, lifetime);
    return t;
}

uint64_t MemoryMap::place(const std::string& role, uint64_t bytes) {
    return place_region(prefix_ + role, bytes, Lifetime::kStep);
}

fw::Tensor MemoryMap::rows(const std::string& role, uint64_t heads, uint64_t rows,
                           uint64_t row_bytes) {
    return place_rows(prefix_ + role, heads, rows, row_bytes, Lifetime::kStep);
}

fw::Tensor MemoryMap::tensor(const std::string& role, const TensorLayout& layout) {
    const auto binding = bindings_.find(role);
    if (binding == bindings_.end())
        return rows(role, layout.blocks, layout.rows, layout.row_bytes());
    const std::string& name = binding->second;
    const auto [at, placed] = buffers_.try_emplace(name);
    Buffer& buffer = at->second;
    if (placed)
        buffer = {layout,
                  place_rows(name, layout.blocks, layout.rows, layout.row_bytes(), Lifetime::kKept),
                  step_};
    else if (!buffer.layout.lies_as(layout))
        throw UserError(fmt::format("{}{}: buffer {} has {}; allowed: {}", prefix_, role, name,
                                    buffer.layout.text(), layout.text()));
    return buffer.seen_as(layout);
}

fw::Tensor MemoryMap::first_rows(const std::string& role, TensorLayout layout) {
    const auto binding = bindings_.find(role);
    const Buffer* cache = binding == bindings_.end() ? nullptr : buffer(binding->second);
    if (cache != nullptr) layout.rows = std::max(layout.rows, cache->layout.rows);
    return tensor(role, layout);
}

fw::DriverConfig MemoryMap::driver() {
    if (driver_.ring_descriptors != 0) return driver_;
    driver_.ring_address = place_region("ring", devices_ * kRingBytes, Lifetime::kKept);
    driver_.ring_descriptors = kRingDescriptors;
    driver_.record_address = place_region("record", uint64_t{devices_} * bus_, Lifetime::kKept);
    return driver_;
}

/// Names the largest parts; in their order, if these are all.
void MemoryMap::check_size() const {
    constexpr size_t kNamed = 12;
    if (end() <= memory_.size_bytes) return;
    std::vector<Region> largest = regions_;
    const auto larger = [](const Region& a, const Region& b) { return a.bytes > b.bytes; };
    if (largest.size() > kNamed) std::stable_sort(largest.begin(), largest.end(), larger);
    std::string parts;
    for (size_t i = 0; i < std::min(kNamed, largest.size()); ++i)
        parts +=
            fmt::format("{}{} {}", parts.empty() ? "" : ", ", largest[i].name, largest[i].bytes);
    if (largest.size() > kNamed) parts += fmt::format(", {} more", largest.size() - kNamed);
    throw not_enough(
        fmt::format("the problem needs {} bytes ({}), memory {} has memory.size_bytes = {}", end(),
                    parts, memory_.name, memory_.size_bytes),
        fmt::format("at least {} bytes", end()));
}

void MemoryMap::begin_step(const std::string& name, const Bindings& bindings) {
    ++step_;
    prefix_ = name + ".";
    bindings_ = bindings;
}

bool MemoryMap::shared(const std::string& role) const {
    const auto binding = bindings_.find(role);
    const Buffer* found = binding == bindings_.end() ? nullptr : buffer(binding->second);
    return found != nullptr && found->step != step_;
}

const Buffer* MemoryMap::buffer(const std::string& name) const {
    const auto at = buffers_.find(name);
    return at == buffers_.end() ? nullptr : &at->second;
}

std::vector<std::string> MemoryMap::buffer_names() const {
    std::vector<std::string> names;
    for (const auto& [name, buffer] : buffers_) names.push_back(name);
    return names;
}

void MemoryMap::end_step() {
    const auto ends = [](const Region& region) { return region.lifetime == Lifetime::kStep; };
    regions_.erase(std::remove_if(regions_.begin(), regions_.end(), ends), regions_.end());
}

void MemoryMap::free(const std::string& name) {
    const Buffer* found = buffer(name);
    if (found == nullptr) return;
    const uint64_t address = found->tensor.address;
    const auto is_it = [&](const Region& region) { return region.address == address; };
    regions_.erase(std::find_if(regions_.begin(), regions_.end(), is_it));
    buffers_.erase(name);
}

}  // namespace tessera::host
