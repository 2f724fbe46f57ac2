// SPDX-License-Identifier: MIT
#include "host/run/command_names.h"

#include <fmt/format.h>

#include <stdexcept>
#include <utility>

#include "host/operation/cover_layout.h"

namespace tessera::host {

using fw::Purpose;

namespace {

/// Of a key/value head?
bool is_of_keys(Purpose purpose) {
    return purpose == Purpose::kKeys || purpose == Purpose::kValues;
}

/// What stands between a command's opcode and its head.
const char* word_of(Purpose purpose) {
    switch (purpose) {
        case Purpose::kPartial: return "partial ";
        case Purpose::kLse: return "lse ";
        default: return "";
    }
}

}  // namespace

CommandNames::CommandNames(const Layout& layout, const spec::DeviceParams& params,
                           std::vector<CommandRange> retried)
    : layout_(layout),
      params_(params),
      jobs_(layout.jobs()),
      cover_job_(layout.cover ? cover_job(layout) : fw::CoverJob()),
      commands_(commands_of_layout()),
      retried_(std::move(retried)) {}

CommandNames::Commands CommandNames::commands_of_layout() const {
    const uint64_t record = layout_.driver.record_address;
    if (layout_.cover) return fw::CoverSequencer(cover_job_, params_, record);
    return fw::Sequencer(jobs_.data(), static_cast<uint32_t>(jobs_.size()), params_, record);
}

void CommandNames::go_to(uint64_t number) {
    if (number + 1 < next_) throw std::logic_error("CommandNames: cannot go back");
    for (; next_ <= number; ++next_) {
        while (range_ < retried_.size() && next_ >= retried_[range_].first + retried_[range_].count)
            ++range_;
        in_retry_ = range_ < retried_.size() && next_ >= retried_[range_].first;
        if (in_retry_) continue;
        at_end_ =
            !std::visit([this](auto& commands) { return commands.next(command_); }, commands_);
        if (!at_end_) continue;
        command_ = spec::Command{};  // the runner ends a job with FENCEs
        command_.flags = spec::kFlagInterrupt;
        command_.address = layout_.driver.record_address;
    }
}

fw::Origin CommandNames::origin() const {
    if (at_end_) return {};
    return std::visit([](const auto& commands) { return commands.origin(); }, commands_);
}

std::string CommandNames::head_of(const fw::Origin& origin) const {
    const fw::AttentionJob& job = layout_.job;
    // States of a head group, one head group after the other, are in the same memory.
    if (origin.purpose == Purpose::kState && !layout_.cover)
        return fmt::format("head {}", origin.head % (job.query_heads / job.kv_heads));
    if (layout_.sequences.empty()) return fmt::format("head {}", origin.head);
    const SequencePlace& place = layout_.sequences[origin.job].place;
    const uint64_t first = is_of_keys(origin.purpose) ? place.kv_head : place.query_head;
    const std::string head = fmt::format("head {}", first + origin.head);
    return layout_.packed ? fmt::format("sequence {} {}", place.number, head) : head;
}

std::string CommandNames::tiles_of(const fw::Origin& origin) const {
    // The remainder's queries are the last ones.
    const bool remainder =
        layout_.remainder && origin.job != 0 && origin.purpose != Purpose::kState;
    const uint32_t first = remainder ? (layout_.job.nq - layout_.remainder->nq) / params_.m : 0;
    const std::string keys =
        fmt::format("{}{}", origin.summaries ? "summaries " : "", origin.k_tile);
    if (origin.purpose == Purpose::kAttend || origin.purpose == Purpose::kPartial)
        return fmt::format("tiles {} x {}", first + origin.q_tile, keys);
    if (!is_of_keys(origin.purpose)) return fmt::format("tile {}", first + origin.q_tile);
    return origin.summaries ? keys : fmt::format("tile {}", keys);
}

std::string CommandNames::line_of(const fw::Origin& origin) const {
    const bool whole = origin.purpose == Purpose::kAttend || origin.purpose == Purpose::kPartial ||
                       command_.has(spec::kFlagGather);
    return fmt::format("line {}{}", origin.line,
                       whole ? "" : fmt::format(" token {}", origin.token));
}

std::string CommandNames::name() const {
    if (in_retry_) return "retry";
    const char* opcode = spec::opcode_name(command_.opcode);
    const fw::Origin from = origin();
    switch (from.purpose) {
        case Purpose::kFence: return opcode;
        case Purpose::kSentinel: return fmt::format("{} sentinel", opcode);
        case Purpose::kIndicators: return fmt::format("{} indicators", opcode);
        case Purpose::kSink: return fmt::format("{} sink {}", opcode, head_of(from));
        default: break;
    }
    return fmt::format("{} {}{} {}", opcode, word_of(from.purpose), head_of(from),
                       layout_.cover ? line_of(from) : tiles_of(from));
}

std::string CommandNames::description() const {
    const spec::Command& c = command_;
    if (in_retry_) return name();
    if (c.opcode == spec::Opcode::kFence)
        return fmt::format("{}, record at {:#x}", name(), c.address);
    if (c.opcode == spec::Opcode::kAttend)
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
