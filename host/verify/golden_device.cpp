// SPDX-License-Identifier: MIT
#include "host/verify/golden_device.h"

namespace tessera::verify {

using spec::Command;
using spec::Opcode;

GoldenDevice::GoldenDevice(const spec::DeviceParams& params, std::vector<uint8_t> memory)
    : p_(params), memory_(std::move(memory)), written_(memory_.size(), false) {
    for (auto* kind : {&q_, &k_, &v_})
        for (Operand& bank : *kind) {
            bank.element.assign(size_t{p_.m} * p_.d, 0);
            bank.position.assign(p_.m, 0);
        }
    for (auto& bank : state_) bank.assign(p_.m, ReferenceRow{{}, std::vector<uint32_t>(p_.d, 0)});
}

void GoldenDevice::execute(const Command& c) {
    ++executed_;
    switch (c.opcode) {
        case Opcode::kLoadQ:
        case Opcode::kLoadK:
        case Opcode::kLoadV: load_operand(c); break;
        case Opcode::kLoadState: load_state(c); break;
        case Opcode::kAttend: attend(c); break;
        case Opcode::kStoreO:
        case Opcode::kStoreState: store(c); break;
        case Opcode::kFence: fence(c); break;
    }
}

uint32_t GoldenDevice::word(uint64_t address, uint32_t bytes) const {
    uint32_t value = 0;
    for (uint32_t i = 0; i < bytes; ++i) value |= uint32_t{memory_.at(address + i)} << 8 * i;
    return value;
}

/// Words of so many bytes each from `address` on, zeros up to `row_bytes`.
void GoldenDevice::put(uint64_t address, const std::vector<uint32_t>& words, uint32_t bytes_each,
                       uint32_t row_bytes) {
    for (uint32_t i = 0; i < row_bytes; ++i) {
        const uint32_t w = i / bytes_each;
        const uint32_t value = w < words.size() ? words[w] >> 8 * (i % bytes_each) : 0;
        memory_.at(address + i) = static_cast<uint8_t>(value);
        written_.at(address + i) = true;
    }
}

/// Where row i of a load comes from, and its gather index.
uint64_t GoldenDevice::row_address(const Command& c, uint32_t row, uint32_t* index) const {
    *index = c.has(spec::kFlagGather) ? word(c.index_address + uint64_t{4} * row, 4) : row;
    return c.address + uint64_t{*index} * c.pitch;
}

void GoldenDevice::load_operand(const Command& c) {
    Operand& bank = c.opcode == Opcode::kLoadQ   ? q_[c.q_bank]
                    : c.opcode == Opcode::kLoadK ? k_[c.k_bank]
                                                 : v_[c.v_bank];
    const uint32_t in_beats = p_.beats(spec::row_bytes(p_, c)) * p_.bus_bytes / 2;
    const uint32_t columns = in_beats < p_.d ? in_beats : p_.d;
    for (uint32_t i = 0; i < c.rows; ++i) {
        uint32_t index = 0;
        const uint64_t from = row_address(c, i, &index);
        const uint32_t to = c.first_row + i;
        bank.position[to] = c.has(spec::kFlagGather) ? index : c.position + i;
        for (uint32_t x = 0; x < columns; ++x)
            bank.element[size_t{to} * p_.d + x] =
                static_cast<uint16_t>(word(from + uint64_t{2} * x, 2));
    }
}

void GoldenDevice::load_state(const Command& c) {
    const uint32_t in_beats = (p_.beats(spec::row_bytes(p_, c)) - 1) * p_.bus_bytes / 4;
    const uint32_t columns = in_beats < p_.d ? in_beats : p_.d;
    for (uint32_t i = 0; i < c.rows; ++i) {
        const uint64_t from = c.address + uint64_t{i} * c.pitch;
        ReferenceRow& row = state_[c.state_bank][c.first_row + i];
        row.state = spec::row_state(word(from, 4), word(from + 4, 4));
        for (uint32_t x = 0; x < columns; ++x)
            row.o[x] = word(from + p_.bus_bytes + uint64_t{4} * x, 4);
    }
}

void GoldenDevice::attend(const Command& c) {
    const Operand &q = q_[c.q_bank], &k = k_[c.k_bank], &v = v_[c.v_bank];
    AttendInput in;
    in.q = q.element.data();
    in.k = k.element.data();
    in.v = v.element.data();
    in.q_stride = in.k_stride = in.v_stride = p_.d;
    in.rows = c.rows;
    in.keys = c.keys;
    in.d_k = c.d_k;
    in.d_v = c.d_v;
    in.q_position = q.position.data();
    in.k_position = k.position.data();
    in.factor = c.factor;
    in.identity = c.has(spec::kFlagIdentity);
    in.mask = c.mask;
    for (uint32_t i = 0; i < c.rows; ++i) {
        ReferenceRow& row = state_[c.state_bank][i];
        row.o.resize(c.d_v);
        reference_merge(reference_row(in, i), !c.has(spec::kFlagContinue), row);
        row.o.resize(p_.d);
    }
}

void GoldenDevice::store(const Command& c) {
    const uint32_t row_bytes = p_.beats(spec::row_bytes(p_, c)) * p_.bus_bytes;
    const bool normalise = c.has(spec::kFlagNormalise);
    for (uint32_t i = 0; i < c.rows; ++i) {
        const uint64_t to = c.address + uint64_t{i} * c.pitch;
        ReferenceRow row = state_[c.state_bank][c.first_row + i];
        row.o.resize(c.d_v);
        if (c.opcode == Opcode::kStoreState) {
            std::vector<uint32_t> words(p_.bus_bytes / 4, 0);
            words[0] = row.state.l;
            words[1] = spec::state_word(row.state);
            words.insert(words.end(), row.o.begin(), row.o.end());
            put(to, words, 4, row_bytes);
            continue;
        }
        const bool bf16 = c.has(spec::kFlagBf16);
        put(to, reference_store(row, normalise, bf16), bf16 ? 2 : 4, row_bytes);
        rows_empty += row.state.m == spec::kEmpty ? 1 : 0;
        rows_nan += (row.state.flags & spec::kRowNan) != 0 ? 1 : 0;
        rows_saturated += (row.state.flags & spec::kRowSaturated) != 0 ? 1 : 0;
        rows_div0 += normalise && spec::divides_by_zero(row.state) ? 1 : 0;
    }
}

void GoldenDevice::fence(const Command& c) { put(c.address, {c.tag, executed_}, 4, p_.bus_bytes); }

}  // namespace tessera::verify
