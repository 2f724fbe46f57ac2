// SPDX-License-Identifier: MIT
#include "host/report/command_names.h"

#include <fmt/format.h>

#include <stdexcept>

#include "firmware/summary_list.h"

namespace tessera::host {

using spec::Opcode;

CommandNames::CommandNames(const Layout& layout, const spec::DeviceParams& params)
    : layout_(layout),
      params_(params),
      sequencer_(layout.job, params, layout.driver.record_address) {}

void CommandNames::go_to(uint64_t sequence) {
    if (sequence + 1 < next_) throw std::logic_error("CommandNames: cannot go back");
    while (next_ <= sequence) {
        if (!sequencer_.next(command_)) {  // the driver ends a job with FENCEs
            command_ = spec::Command{};
            command_.flags = spec::kFlagInterrupt;
            command_.address = layout_.driver.record_address;
        }
        remember_banks();
        ++next_;
    }
}

void CommandNames::remember_banks() {
    const bool begins = command_.first_row == 0;  // a tile of several loads has the first's name
    if (command_.opcode == Opcode::kLoadQ && begins) q_bank_[command_.q_bank] = tile_of(tensor());
    if (command_.opcode == Opcode::kLoadK && begins) k_bank_[command_.k_bank] = tile_of(tensor());
    if (command_.opcode != Opcode::kAttend) return;
    attended_[0] = q_bank_[command_.q_bank];
    attended_[1] = k_bank_[command_.k_bank];
}

bool CommandNames::is_lse() const {
    return command_.opcode == Opcode::kStoreState && command_.d_v == 0;
}

/// Stored to be merged by firmware?
bool CommandNames::is_partial() const {
    const fw::Tensor& slots = layout_.job.partial;
    return command_.opcode == Opcode::kStoreState &&
           command_.address - slots.address < fw::kPartialSlots * slots.head_stride;
}

const fw::Tensor& CommandNames::tensor() const {
    const fw::AttentionJob& job = layout_.job;
    switch (command_.opcode) {
        case Opcode::kLoadQ: return job.q;
        case Opcode::kLoadK: return job.k;
        case Opcode::kLoadV: return job.v;
        case Opcode::kStoreO: return job.o;
        default: return is_lse() ? job.lse : job.state;
    }
}

CommandNames::Tile CommandNames::tile_of(const fw::Tensor& tensor) const {
    const uint64_t offset = command_.address - tensor.address;
    const uint64_t head = offset / tensor.head_stride;
    if (command_.has(spec::kFlagGather))
        return {
            head,
            (command_.index_address - layout_.job.summary_list) / fw::summary_part_bytes(params_),
            true};
    return {head, offset % tensor.head_stride / tensor.pitch / params_.m, false};
}

std::string CommandNames::Tile::text() const {
    return fmt::format("{}{}", gathered ? "summaries " : "", tile);
}

std::string CommandNames::name() const {
    const char* opcode = spec::opcode_name(command_.opcode);
    if (command_.opcode == Opcode::kFence) return opcode;
    if (command_.opcode == Opcode::kAttend ||
        is_partial())  // a partial result is the last ATTEND's
        return fmt::format("{} {}head {} tiles {} x {}", opcode, is_partial() ? "partial " : "",
                           attended_[0].head, attended_[0].tile, attended_[1].text());
    const Tile at = tile_of(tensor());
    return fmt::format("{} {}head {} {}{}", opcode, is_lse() ? "lse " : "", at.head,
                       at.gathered ? "" : "tile ", at.text());
}

std::string CommandNames::description() const {
    const spec::Command& c = command_;
    if (c.opcode == Opcode::kFence) return fmt::format("{}, record at {:#x}", name(), c.address);
    if (c.opcode == Opcode::kAttend)
        return fmt::format("{} (query tile x key tile), {} rows, {} keys, d_k {}, d_v {}", name(),
                           c.rows, c.keys, c.d_k, c.d_v);
    return fmt::format("{}, {} rows of {} elements from address {:#x}, pitch {} bytes", name(),
                       c.rows, c.d_k + c.d_v, c.address, c.pitch);
}

uint64_t sequence_of_tag(uint32_t tag, uint64_t count) {
    const uint64_t low = tag & 0xffff;
    if (count < low) return low;
    return low + (count - low) / 65536 * 65536;
}

}  // namespace tessera::host
