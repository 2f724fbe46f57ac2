// SPDX-License-Identifier: MIT
// The counters by their definitions in spec/counters.h, from what the oracle saw happen.
#include <algorithm>

#include "tests/support/oracle_state.h"

namespace tessera::test {
namespace {

using spec::Counter;
using spec::Opcode;
using Values = std::array<uint64_t, spec::kCounters>;

uint64_t& at(Values& values, Counter c) { return values[static_cast<size_t>(c)]; }

/// Marks [from, to) in a time line that starts at `origin`.
void mark(std::vector<bool>& line, Cycle origin, Cycle from, Cycle to) {
    for (Cycle t = std::max(from, origin); t < to && t - origin < line.size(); ++t)
        line[t - origin] = true;
}

}  // namespace

/// Busy, stalled or idle: an engine that works on several commands at once. A command that is
/// queued and not started waits.
void Oracle::count_load(Cycle end, Values& values) const {
    std::vector<bool> busy(end - window_start), queued(end - window_start);
    for (const Item& item : items) {
        if (item.engine != 0) continue;
        mark(busy, window_start, item.start, item.retire + 1);
        mark(queued, window_start, item.dispatch + 1, item.start);
    }
    for (size_t t = 0; t < busy.size(); ++t)
        ++at(values, busy[t]     ? Counter::kLoadBusy
                     : queued[t] ? Counter::kLoadStall
                                 : Counter::kLoadIdle);
}

void Oracle::count_store(Cycle end, Values& values) const {
    std::vector<bool> busy(end - window_start), queued(end - window_start);
    for (const Item& item : items) {
        if (item.engine != 2) continue;
        mark(busy, window_start, item.start, item.retire + 1);
        mark(queued, window_start, item.dispatch + 1, item.start);
    }
    for (size_t t = 0; t < busy.size(); ++t)
        ++at(values, busy[t]     ? Counter::kStoreBusy
                     : queued[t] ? Counter::kStoreStall
                                 : Counter::kStoreIdle);
}

void Oracle::count_compute(Cycle end, Values& values) const {
    size_t s = 0, v = 0, a = 0;  // next group to enter, to reach the value stage; next ATTEND
    for (Cycle t = window_start; t < end; ++t) {
        const auto entering = [&](size_t g, Cycle from) {
            return from <= t && t < from + Cycle{p.interleave} * groups[g].n;
        };
        while (s < groups.size() && groups[s].s <= t) ++s;
        while (v < groups.size() && groups[v].v <= t) ++v;
        while (a < items.size() && (items[a].engine != 1 || items[a].popped < t)) ++a;
        if (s != 0 && entering(s - 1, groups[s - 1].s)) {
            ++at(values, Counter::kScoreBusy);
        } else if (a == items.size() || items[a].dispatch >= t) {
            ++at(values, Counter::kScoreIdle);
        } else if (items[a].start < t) {
            ++at(values, Counter::kScoreStallBuffer);
        } else {
            const spec::Command& c = items[a].c;
            ++at(values, !granted(items[a], kQBank + c.q_bank, 0, t) ? Counter::kScoreStallQ
                         : !granted(items[a], kKBank + c.k_bank, 0, t)
                             ? Counter::kScoreStallK
                             : Counter::kScoreStallBuffer);
        }
        if (v != 0 && entering(v - 1, groups[v - 1].v)) {
            ++at(values, Counter::kValueBusy);
        } else if (v == groups.size() || groups[v].s >= t) {
            ++at(values, Counter::kValueIdle);
        } else {
            const Item& item = items[groups[v].item];
            const uint32_t state = kStateBank + item.c.state_bank;
            const bool v_ready = granted(item, kVBank + item.c.v_bank, 0, t);
            const bool state_ready = granted(item, state, 0, t) && granted(item, state, 2, t);
            ++at(values, !v_ready       ? Counter::kValueStallV
                         : !state_ready ? Counter::kValueStallState
                                        : Counter::kValueStallScore);
        }
    }
}

/// Bytes, bursts, accesses and commands.
void Oracle::count_work(Values& values) const {
    const auto add = [&](Counter c, uint64_t n) { at(values, c) += n; };
    for (const Item& item : items) {
        const spec::Command& c = item.c;
        const uint64_t beats = uint64_t{p.beats(spec::row_bytes(p, c))} * c.rows;
        const uint64_t bytes = beats * p.bus_bytes;
        if (c.has(spec::kFlagGather))
            add(Counter::kBytesIndex, uint64_t{p.beats(uint64_t{4} * c.rows)} * p.bus_bytes);
        switch (c.opcode) {
            case Opcode::kLoadQ:
                add(Counter::kBytesQ, bytes);
                add(Counter::kSramQWrite, beats);
                break;
            case Opcode::kLoadK:
                add(Counter::kBytesK, bytes);
                add(Counter::kSramKWrite, beats);
                break;
            case Opcode::kLoadV:
                add(Counter::kBytesV, bytes);
                add(Counter::kSramVWrite, beats);
                break;
            case Opcode::kLoadState:
                add(Counter::kBytesStateRead, bytes);
                add(Counter::kSramStateWrite, c.rows);
                break;
            case Opcode::kAttend:
                add(Counter::kAttendsRetired, 1);
                add(Counter::kSramStateWrite, c.rows);
                if (c.has(spec::kFlagContinue)) add(Counter::kSramStateRead, c.rows);
                break;
            case Opcode::kStoreO:
                add(Counter::kBytesO, bytes);
                add(Counter::kSramStateRead, c.rows);
                break;
            case Opcode::kStoreState:
                add(Counter::kBytesStateWrite, bytes);
                add(Counter::kSramStateRead, c.rows);
                break;
            case Opcode::kFence: add(Counter::kBytesRecord, p.bus_bytes); break;
        }
        add(Counter::kCommandsRetired, 1);
    }
    for (const OracleLaneGroup& g : groups) {
        const uint64_t entries = uint64_t{p.interleave} * g.n * p.lanes;
        add(Counter::kSramQRead, entries);
        add(Counter::kSramKRead, g.n);
        add(Counter::kSramVRead, g.n);
        add(Counter::kSramScoreWrite, entries);
        add(Counter::kSramScoreRead, entries);
    }
    add(Counter::kBytesDescriptor, lines.size() * spec::kLineBytes);
    add(Counter::kReadBursts, read_.bursts.size());
    add(Counter::kWriteBursts, write_.bursts.size());
}

void Oracle::count(Values& values) const {
    const Cycle end = items.back().retire;
    values = {};
    at(values, Counter::kCycles) = end - window_start;
    count_load(end, values);
    count_compute(end, values);
    count_store(end, values);
    count_work(values);
}

}  // namespace tessera::test
