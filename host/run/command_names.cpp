// SPDX-License-Identifier: MIT
#include "host/run/command_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "firmware/plan/row_list.h"
#include "host/operation/cover_layout.h"

namespace tessera::host {

using spec::Opcode;

CommandNames::CommandNames(const Layout& layout, const spec::DeviceParams& params,
                           std::vector<CommandRange> retried)
    : layout_(layout),
      params_(params),
      jobs_(layout.jobs()),
      sequencer_(jobs_.data(), static_cast<uint32_t>(jobs_.size()), params,
                 layout.driver.record_address),
      retried_(std::move(retried)) {
    if (!layout.cover) return;
    cover_job_ = cover_job(layout);
    cover_sequencer_.emplace(cover_job_, params, layout.driver.record_address);
}

bool CommandNames::next_command() {
    return cover_sequencer_ ? cover_sequencer_->next(command_) : sequencer_.next(command_);
}

void CommandNames::go_to(uint64_t number) {
    if (number + 1 < next_) throw std::logic_error("CommandNames: cannot go back");
    for (; next_ <= number; ++next_) {
        while (range_ < retried_.size() && next_ >= retried_[range_].first + retried_[range_].count)
            ++range_;
        in_retry_ = range_ < retried_.size() && next_ >= retried_[range_].first;
        if (in_retry_) continue;
        if (!next_command()) {  // the driver ends a job with FENCEs
            command_ = spec::Command{};
            command_.flags = spec::kFlagInterrupt;
            command_.address = layout_.driver.record_address;
        }
        if (!cover_sequencer_) remember_banks();
    }
}

void CommandNames::remember_banks() {
    if (is_constant()) return;
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
    return command_.is_store() &&
           command_.address - slots.address < fw::kPartialSlots * slots.head_stride;
}

/// The sentinel, or indicators?
bool CommandNames::is_constant() const {
    const fw::Sentinel& s = layout_.job.sentinel;
    if (s.form == fw::SentinelForm::kNone || !command_.is_load()) return false;
    return command_.address - s.rows.address < s.rows.head_stride ||
           command_.address - s.indicators.address < s.indicators.head_stride;
}

/// The state that rows with a sink begin with?
bool CommandNames::is_sink() const {
    const fw::AttentionJob& job = layout_.job;
    return job.sink_logits && command_.opcode == Opcode::kLoadState &&
           command_.address - job.sink_state.address < job.query_heads * job.sink_state.head_stride;
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

/// The tile that a list of rows gathers, of the job or of summaries.
CommandNames::Tile CommandNames::gathered_tile(const std::string& head,
                                               const fw::AttentionJob& job) const {
    const fw::RowList& list = command_.opcode == Opcode::kLoadQ ? job.query_list : job.key_list;
    const uint64_t address = list.given() ? list.address : job.summary_list;
    const uint64_t part = (command_.index_address - address) / fw::list_part_bytes(params_);
    return {head, part, !list.given()};
}

CommandNames::Tile CommandNames::tile_of(const fw::Tensor& tensor) const {
    const uint64_t offset = command_.address - tensor.address;
    uint64_t head = offset / tensor.head_stride;
    uint64_t row = offset % tensor.head_stride / tensor.pitch;
    // Results of a remainder lie behind those of all heads.
    if (layout_.remainder && command_.is_store()) head %= layout_.job.query_heads;
    const bool keys = command_.opcode == Opcode::kLoadK || command_.opcode == Opcode::kLoadV;
    std::string name = fmt::format("head {}", head);
    size_t job = 0;
    if (!layout_.sequences.empty() && &tensor != &layout_.job.state) {
        job = sequence_at(head, row, keys);
        const SequencePlace& place = layout_.sequences[job].place;
        row -= keys ? place.first_key : place.first_query;
        if (layout_.packed) name = fmt::format("sequence {} {}", place.number, name);
    }
    if (command_.has(spec::kFlagGather)) return gathered_tile(name, jobs_[job]);
    const bool sentinel = layout_.job.sentinel.form != fw::SentinelForm::kNone;
    const uint32_t rows = keys && sentinel ? params_.m - 1 : params_.m;
    return {name, row / rows, false};
}

/// The last sequence that does not begin behind this row.
size_t CommandNames::sequence_at(uint64_t head, uint64_t row, bool keys) const {
    const fw::AttentionJob& job = layout_.job;
    const uint64_t heads = (keys ? job.kv_heads : job.query_heads) / layout_.batch;
    const std::pair<uint64_t, uint64_t> at(head / heads * heads, row);
    const auto next = std::upper_bound(
        layout_.sequences.begin(), layout_.sequences.end(), at,
        [keys](const auto& x, const SequenceJob& sequence) {
            const SequencePlace& place = sequence.place;
            return x < (keys ? std::pair<uint64_t, uint64_t>(place.kv_head, place.first_key)
                             : std::pair<uint64_t, uint64_t>(place.query_head, place.first_query));
        });
    return static_cast<size_t>(next - layout_.sequences.begin()) - 1;
}

std::string CommandNames::Tile::text() const {
    return fmt::format("{}{}", gathered ? "summaries " : "", tile);
}

std::string CommandNames::name() const {
    if (in_retry_) return "retry";
    const char* opcode = spec::opcode_name(command_.opcode);
    if (command_.opcode == Opcode::kFence) return opcode;
    if (cover_sequencer_) return cover_name();
    if (command_.opcode == Opcode::kAttend ||
        is_partial())  // a partial result is the last ATTEND's
        return fmt::format("{} {}{} tiles {} x {}", opcode, is_partial() ? "partial " : "",
                           attended_[0].head, attended_[0].tile, attended_[1].text());
    if (is_constant())
        return fmt::format(
            "{} {}", opcode,
            command_.rows == 1 && command_.first_row != 0 ? "sentinel" : "indicators");
    if (is_sink())
        return fmt::format("{} sink head {}", opcode, tile_of(layout_.job.sink_state).head);
    const Tile at = tile_of(tensor());
    return fmt::format("{} {}{} {}{}", opcode, is_lse() ? "lse " : "", at.head,
                       at.gathered ? "" : "tile ", at.text());
}

std::string CommandNames::cover_name() const {
    const fw::CoverStep& step = cover_sequencer_->step();
    const bool of_run =
        command_.opcode != Opcode::kAttend && !command_.has(spec::kFlagGather) && !is_partial();
    const fw::Tensor& at = tensor();
    return fmt::format(
        "{} {}head {} line {}{}", spec::opcode_name(command_.opcode),
        is_partial() ? "partial "
        : is_lse()   ? "lse "
                     : "",
        command_.opcode == Opcode::kLoadK || command_.opcode == Opcode::kLoadV ? step.kv_head
                                                                               : step.query_head,
        step.line,
        of_run
            ? fmt::format(" token {}", (command_.address - at.address) % at.head_stride / at.pitch)
            : "");
}

std::string CommandNames::description() const {
    const spec::Command& c = command_;
    if (in_retry_) return name();
    if (c.opcode == Opcode::kFence) return fmt::format("{}, record at {:#x}", name(), c.address);
    if (c.opcode == Opcode::kAttend)
        return fmt::format("{} (query tile x key tile), {} rows, {} keys, d_k {}, d_v {}", name(),
                           c.rows, c.keys, c.d_k, c.d_v);
    return fmt::format("{}, {} rows of {} elements from address {:#x}, pitch {} bytes", name(),
                       c.rows, c.d_k + c.d_v, c.address, c.pitch);
}

uint64_t number_of_tag(uint32_t tag, uint64_t count) {
    const uint64_t low = tag & 0xffff;
    if (count < low) return low;
    return low + (count - low) / 65536 * 65536;
}

}  // namespace tessera::host
