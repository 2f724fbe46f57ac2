// SPDX-License-Identifier: MIT
#include "tests/support/timing_oracle.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "hw_model/memory/ideal_memory.h"
#include "tests/support/oracle_state.h"

namespace tessera::test {

using spec::Command;
using spec::Opcode;

namespace {

/// Bursts of `rows` rows: docs/contract/device.md, section 6.
void cut_rows(std::vector<BurstShape>& bursts, uint64_t address, uint32_t pitch, uint32_t row_bytes,
              uint32_t rows, uint32_t boundary, uint32_t bus) {
    const bool one_range = pitch == row_bytes;
    const uint64_t ranges = one_range ? 1 : rows;
    const uint64_t bytes = one_range ? uint64_t{row_bytes} * rows : row_bytes;
    for (uint64_t r = 0; r < ranges; ++r)
        for (uint64_t at = 0; at < bytes;) {
            const uint64_t from = address + r * pitch + at;
            const uint64_t n = std::min(bytes - at, boundary - from % boundary);
            bursts.push_back({from, static_cast<uint32_t>(n / bus)});
            at += n;
        }
}

}  // namespace

// --- memory ---------------------------------------------------------------------------------

OracleBurst Oracle::transfer(bool write, uint32_t beats, Cycle t, bool in_range) {
    Channel& channel = write ? write_ : read_;
    const Cycle taken = t + spec::kAcceptCycles;
    Cycle next = std::max(write ? taken : taken + memory_.read_latency_cycles, channel.next_beat);
    OracleBurst burst;
    burst.presented = t;
    for (uint32_t b = 0; b < beats; ++b) {
        next += hw::stall_cycles(memory_.stall, 0, write, channel.bursts.size(), b);
        burst.beats.push_back(next++);
    }
    channel.next_beat = next;
    burst.response = burst.beats.back() + memory_.write_latency_cycles;
    for (const hw::FaultConfig& f : memory_.faults)
        if (f.write == write && f.burst == channel.bursts.size() && f.beat < beats)
            burst.bad_beat = write ? 0 : f.beat;
    if (!in_range) burst.bad_beat = 0;
    channel.bursts.push_back(burst);
    return burst;
}

uint32_t Oracle::outstanding(const Channel& channel, bool write, Cycle t) const {
    uint32_t n = 0;  // bursts end in order, so the rest is over too
    for (auto b = channel.bursts.rbegin(); b != channel.bursts.rend(); ++b) {
        if ((write ? b->response : b->beats.back()) < t) break;
        n += b->presented < t ? 1 : 0;
    }
    return n;
}

void Oracle::fail(spec::ErrorCode code, uint32_t tag, Cycle cycle, uint32_t source) {
    if (std::make_pair(cycle, source) < std::make_pair(error.cycle, error.source))
        error = {code, tag, cycle, source};
}

// --- registers, front end, dispatch ---------------------------------------------------------

uint32_t Oracle::tail(Cycle t) const {
    uint32_t value = 0;
    for (const RegisterWrite& w : writes_)
        if (w.reg == spec::Reg::kRingTail && w.cycle < t) value = w.value;
    return value;
}

bool Oracle::enabled(Cycle t) const {
    bool value = false;
    for (const RegisterWrite& w : writes_)
        if (w.reg == spec::Reg::kControl && w.cycle < t) value = (w.value & 1) != 0;
    return value;
}

/// True if an address was presented.
bool Oracle::front_end(Cycle t) {
    if (!enabled(t) || halted(t) || fetch_ == tail(t)) return false;
    const auto in_use = std::count_if(lines.begin(), lines.end(),
                                      [&](const Line& line) { return line.freed >= t; });
    if (in_use >= spec::kFifoLines) return false;
    if (outstanding(read_, false, t) >= spec::kReadOutstanding) return false;
    Line line;
    line.first = fetch_;
    line.end = std::min(tail(t), (fetch_ / spec::kLineDescriptors + 1) * spec::kLineDescriptors);
    const OracleBurst burst = transfer(false, p.beats(spec::kLineBytes), t);
    line.usable = burst.beats.back() + spec::kSinkCycles + 1;
    if (burst.bad_beat != kNoBeat) {
        line.usable = hw::kNever;
        fail(spec::ErrorCode::kDescriptorBus, line.first & 0xffff,
             burst.beats[burst.bad_beat] + spec::kSinkCycles, 0);
    }
    if (lines.empty()) window_start = t + spec::kAcceptCycles;
    fetch_ = line.end;
    lines.push_back(line);
    return true;
}

void Oracle::dispatch(Cycle t) {
    if (!enabled(t) || halted(t) || next_ == items.size()) return;
    const auto line =
        std::find_if(lines.begin(), lines.end(), [&](const Line& l) { return next_ < l.end; });
    if (line == lines.end() || line->usable > t) return;
    Item& item = items[next_];
    const auto retired = [&](const Item& i) { return i.retire < t; };
    const bool behind_fence =
        next_ != 0 && items[next_ - 1].c.opcode == Opcode::kFence && !retired(items[next_ - 1]);
    if (behind_fence) return;
    if (item.illegal != spec::ErrorCode::kNone) {
        fail(item.illegal, item.c.tag, t, 3);
        return;
    }
    if (item.c.opcode == Opcode::kFence &&
        !std::all_of(items.begin(), items.begin() + static_cast<ptrdiff_t>(next_), retired))
        return;
    size_t queued = 0;
    for (size_t i = 0; i < next_; ++i)
        queued += items[i].engine == item.engine && items[i].popped >= t ? 1 : 0;
    if (queued >= spec::kQueueDepth) return;
    for (Touch& touch : item.touches) {
        for (uint32_t e = 0; e < 3; ++e) touch.earlier[e] = over[touch.bank][e].size();
        over[touch.bank][item.engine].push_back(hw::kNever);
    }
    if (std::all_of(items.begin(), items.begin() + static_cast<ptrdiff_t>(next_), retired))
        watch_from = t;
    item.dispatch = t;
    if (++next_ == line->end) line->freed = t;
}

void Oracle::watchdog(Cycle t) {
    if (watchdog_cycles == 0 || watch_from == hw::kNever || halted(t)) return;
    Cycle base = watch_from;
    bool waiting = false;
    for (size_t i = 0; i < next_; ++i) {
        if (items[i].retire < t)
            base = std::max(base, items[i].retire);
        else if (items[i].dispatch < t)
            waiting = true;
    }
    if (waiting && t == base + 1 + watchdog_cycles) fail(spec::ErrorCode::kWatchdog, 0, t, 3);
}

bool Oracle::granted(const Item& item, uint32_t bank, uint32_t engine, Cycle t) const {
    for (const Touch& touch : item.touches)
        if (touch.bank == bank)
            for (size_t i = 0; i < touch.earlier[engine]; ++i)
                if (over[bank][engine][i] > t) return false;
    return true;
}

void Oracle::release(const Item& item, uint32_t bank, Cycle visible_from) {
    for (const Touch& touch : item.touches)
        if (touch.bank == bank) over[bank][item.engine][touch.earlier[item.engine]] = visible_from;
}

/// The oldest command that has not left its engine's queue, if dispatch and that are visible.
Item* Oracle::head(uint32_t engine, Cycle t) {
    for (size_t i = 0; i < next_; ++i) {
        if (items[i].engine != engine || items[i].popped < t) continue;
        return items[i].dispatch < t && items[i].popped == hw::kNever ? &items[i] : nullptr;
    }
    return nullptr;
}

// --- load engine ----------------------------------------------------------------------------

void Oracle::load(Cycle t, bool front_end_presents) {
    if (front_end_presents || outstanding(read_, false, t) >= spec::kLoadOutstanding) return;
    Item* item = head(0, t);
    if (item == nullptr || item->failed) return;
    const Command& c = item->c;
    const uint32_t row_bytes = p.beats(spec::row_bytes(p, c)) * p.bus_bytes;
    if (item->start == hw::kNever) {
        const uint32_t bank = item->touches[0].bank;
        if (halted(t) || !granted(*item, bank, 1, t) || !granted(*item, bank, 2, t)) return;
        item->start = t;
        if (c.has(spec::kFlagGather)) {
            const uint32_t bytes = p.beats(uint64_t{4} * c.rows) * p.bus_bytes;
            cut_rows(load_bursts_, c.index_address, bytes, bytes, 1, spec::kReadBurstBytes,
                     p.bus_bytes);
            index_bursts_ = load_bursts_.size();
            rows_known_ = false;
        } else {
            cut_rows(load_bursts_, c.address, c.pitch, row_bytes, c.rows, spec::kReadBurstBytes,
                     p.bus_bytes);
            rows_known_ = true;
        }
    }
    if (load_bursts_.empty() && t >= rows_from_ && !rows_known_) {
        for (const uint32_t index : indices_)
            cut_rows(load_bursts_, c.address + uint64_t{index} * c.pitch, row_bytes, row_bytes, 1,
                     spec::kReadBurstBytes, p.bus_bytes);
        rows_known_ = true;
    }
    if (!load_bursts_.empty()) present_load(*item, t);
}

void Oracle::present_load(Item& item, Cycle t) {
    const Command& c = item.c;
    const BurstShape shape = load_bursts_.front();
    load_bursts_.erase(load_bursts_.begin());
    const bool in_range = shape.address + uint64_t{shape.beats} * p.bus_bytes <= memory_.size_bytes;
    const OracleBurst burst = transfer(false, shape.beats, t, in_range);
    if (burst.bad_beat != kNoBeat) {
        item.failing = true;
        fail(spec::ErrorCode::kReadBus, c.tag, burst.beats[burst.bad_beat] + spec::kSinkCycles, 0);
    }
    if (!rows_known_) {
        for (uint32_t i = 0; i < shape.beats * p.bus_bytes / 4 && indices_.size() < c.rows; ++i) {
            uint32_t index = 0;
            if (in_range) std::memcpy(&index, image_->data() + shape.address + 4 * i, 4);
            indices_.push_back(index);
            if (index < c.index_limit || item.failing) continue;
            item.failing = true;
            fail(spec::ErrorCode::kIndexOverLimit, c.tag,
                 burst.beats[i * 4 / p.bus_bytes] + spec::kSinkCycles, 0);
        }
        rows_from_ = burst.beats.back() + spec::kSinkCycles + 1;
        item.failed = item.failing && load_bursts_.empty();
        if (load_bursts_.empty()) item.index_end = rows_from_;
        return;
    }
    if (!load_bursts_.empty()) return;
    item.popped = t;
    indices_.clear();
    if (item.failing) return;
    item.retire = burst.beats.back() + spec::kSinkCycles;
    release(item, item.touches[0].bank, item.retire + 1);
}

// --- compute engine -------------------------------------------------------------------------

void Oracle::score(Cycle t) {
    Item* item = head(1, t);
    if (item == nullptr) return;
    const uint32_t i = p.interleave;
    if (!groups.empty() && t < groups.back().s + Cycle{i} * groups.back().n) return;
    const Command& c = item->c;
    if (item->start == hw::kNever && (halted(t) || !granted(*item, kQBank + c.q_bank, 0, t) ||
                                      !granted(*item, kKBank + c.k_bank, 0, t)))
        return;
    OracleLaneGroup g;
    g.item = static_cast<size_t>(item - items.data());
    g.index = item->groups;
    g.rows = std::min(p.group_rows(), c.rows - g.index * p.group_rows());
    g.n = p.key_ranges ? visited_keys(c, item->q, item->k, g.index * p.group_rows(), g.rows).count
                       : c.keys;
    g.room = p.key_ranges ? g.n : p.m;
    if (!groups.empty()) g.first_score = groups.back().first_score + groups.back().room;
    if (!scores_read(g, t)) return;
    if (item->start == hw::kNever) item->start = t;
    g.last = ++item->groups == p.groups(c.rows);
    g.s = t;
    groups.push_back(g);
    if (!g.last) return;
    item->popped = t;
    const Cycle free = t + Cycle{i} * (g.n + p.d);
    release(*item, kQBank + c.q_bank, free);
    release(*item, kKBank + c.k_bank, free);
}

/// May the scores of a group that enters in `t` be written? Of four groups before it the maxima are
/// read, and of 2 * M scores before each of its own the old one.
bool Oracle::scores_read(const OracleLaneGroup& g, Cycle t) const {
    const Cycle written = t + Cycle{p.interleave} * p.d + spec::kScoreWriteCycles;
    if (groups.size() >= 4) {
        const OracleLaneGroup& before = groups[groups.size() - 4];
        if (before.a >= t || written < before.v + 1) return false;
    }
    for (uint64_t place = g.first_score; place < g.first_score + g.room; ++place)
        for (auto before = groups.rbegin(); before != groups.rend(); ++before) {
            const uint64_t old = before->first_score + 2 * uint64_t{p.m};
            if (place < old) continue;
            if (place >= old + before->room) break;
            if (before->a >= t) return false;
            const Cycle read = before->v + p.interleave * (place - old);
            if (written + p.interleave * (place - g.first_score) <= read) return false;
        }
    return true;
}

void Oracle::value(Cycle t) {
    if (admitted_ == groups.size()) return;
    OracleLaneGroup& g = groups[admitted_];
    const OracleLaneGroup* before = admitted_ == 0 ? nullptr : &groups[admitted_ - 1];
    Item& item = items[g.item];
    const uint32_t v_bank = kVBank + item.c.v_bank, state = kStateBank + item.c.state_bank;
    if (t <= g.s || (before != nullptr && t <= before->a)) return;
    if (!granted(item, v_bank, 0, t) || !granted(item, state, 0, t) || !granted(item, state, 2, t))
        return;
    const Cycle i = p.interleave;
    g.a = t;
    g.v = std::max(g.s + i * (g.n + p.d) + spec::kMaxKnownCycles, t + 1);
    if (before != nullptr) {
        const Cycle short_by = p.lanes > g.n ? p.lanes - g.n : 0;
        g.v = std::max(g.v, before->v + i * (before->n + short_by));
    }
    ++admitted_;
    g.merge = g.v + i * g.n + i + 8;
    if (!g.last) return;
    item.retire = g.merge + g.rows - 1;
    release(item, v_bank, g.v + i * g.n + spec::kValueReadCycles);
    release(item, state, item.retire + 1);
}

// --- store engine ---------------------------------------------------------------------------

/// Has the last ATTEND before `store` merged this row, and are all others over?
bool Oracle::row_merged(const Item& store, uint32_t row, Cycle t) const {
    const Touch& touch = store.touches[0];
    const auto& attends = over[touch.bank][1];
    const size_t n = touch.earlier[1];
    for (size_t k = 0; k + 1 < n; ++k)
        if (attends[k] > t) return false;
    if (n == 0 || attends[n - 1] <= t) return true;
    for (const OracleLaneGroup& g : groups) {
        const Item& attend = items[g.item];
        const uint32_t first = g.index * p.group_rows();
        if (g.a == hw::kNever || attend.touches.back().bank != touch.bank ||
            attend.touches.back().earlier[1] != n - 1)
            continue;
        if (row >= first && row < first + g.rows) return g.merge + (row - first) < t;
    }
    return false;
}

void Oracle::read_beat(Cycle t) {
    Item* item = head(2, t);
    if (item == nullptr || (item->start == hw::kNever && halted(t))) return;
    const Command& c = item->c;
    const bool fence = c.opcode == Opcode::kFence;
    const uint32_t row_beats = fence ? 1 : p.beats(spec::row_bytes(p, c));
    const uint32_t rows = fence ? 1 : c.rows;
    if (item->beats_read == row_beats * rows) return;
    const uint32_t row = c.first_row + item->beats_read / row_beats;
    if (!fence && (!granted(*item, item->touches[0].bank, 0, t) || !row_merged(*item, row, t)))
        return;
    uint64_t held = beat_read.size() - beats_sent_;  // and what is sent but has not left
    for (auto b = write_.bursts.rbegin(); b != write_.bursts.rend(); ++b) {
        if (b->beats.back() < t) break;
        held += b->beats.size();
    }
    if (held >= spec::kStoreFifoBytes / p.bus_bytes) return;
    if (item->start == hw::kNever) {
        item->start = t;
        cut_rows(store_bursts_, c.address, fence ? p.bus_bytes : c.pitch, row_beats * p.bus_bytes,
                 rows, spec::kWriteBurstBytes, p.bus_bytes);
    }
    beat_read.push_back(t);
    if (++item->beats_read == row_beats * rows && !fence)
        release(*item, item->touches[0].bank, t + 1);
}

void Oracle::write_burst(Cycle t) {
    if (store_bursts_.empty() || outstanding(write_, true, t) >= spec::kWriteOutstanding) return;
    const BurstShape shape = store_bursts_.front();
    const size_t end = beats_sent_ + shape.beats;
    if (beat_read.size() < end || beat_read[end - 1] + spec::kStorePipeCycles > t) return;
    Item& item = *head(2, t);
    store_bursts_.erase(store_bursts_.begin());
    beats_sent_ = end;
    const bool in_range = shape.address + uint64_t{shape.beats} * p.bus_bytes <= memory_.size_bytes;
    const OracleBurst burst = transfer(true, shape.beats, t, in_range);
    if (burst.bad_beat != kNoBeat) {
        item.failing = true;
        fail(spec::ErrorCode::kWriteBus, item.c.tag, burst.response, 2);
    }
    if (!store_bursts_.empty()) return;
    item.popped = t;
    if (!item.failing) item.retire = burst.response;
}

// --- all of it ------------------------------------------------------------------------------

Oracle::Oracle(const OracleInput& input)
    : p(input.params), memory_(input.memory), writes_(input.writes), image_(input.image) {
    for (const RegisterWrite& w : writes_)
        if (w.reg == spec::Reg::kWatchdog) watchdog_cycles = w.value;
    spec::IdentityTiles identity;
    std::array<KnownPositions, spec::kBanks> q, k;
    for (const spec::Descriptor& d : input.descriptors) {
        Item item;
        item.c = spec::decode(d);
        item.illegal = spec::check(p, d, identity);
        if (item.illegal == spec::ErrorCode::kNone) identity.dispatched(item.c);
        const Command& c = item.c;
        const bool legal = item.illegal == spec::ErrorCode::kNone;
        switch (c.opcode) {
            case Opcode::kLoadQ:
                item.touches = {{kQBank + c.q_bank, {}}};
                if (legal) note_load(c, q[c.q_bank]);
                break;
            case Opcode::kLoadK:
                item.touches = {{kKBank + c.k_bank, {}}};
                if (legal) note_load(c, k[c.k_bank]);
                break;
            case Opcode::kLoadV: item.touches = {{kVBank + c.v_bank, {}}}; break;
            case Opcode::kFence: break;
            case Opcode::kAttend:
                item.touches = {{kQBank + c.q_bank, {}},
                                {kKBank + c.k_bank, {}},
                                {kVBank + c.v_bank, {}},
                                {kStateBank + c.state_bank, {}}};
                if (!legal) break;  // its banks may be none
                item.q = q[c.q_bank];
                item.k = k[c.k_bank];
                break;
            default: item.touches = {{kStateBank + c.state_bank, {}}}; break;
        }
        item.engine = c.opcode == Opcode::kAttend ? 1 : c.is_load() ? 0 : 2;
        items.push_back(item);
    }
}

void Oracle::run() {
    Cycle quiet_from = 0;
    for (Cycle t = 0;; ++t) {
        const size_t before = activity();
        const bool presents = front_end(t);
        dispatch(t);
        watchdog(t);
        load(t, presents);
        score(t);
        value(t);
        read_beat(t);
        write_burst(t);
        if (activity() != before) quiet_from = t;
        if (!items.empty() && items.back().retire < t) return;
        if (t > quiet_from + kQuietCycles + watchdog_cycles) {
            if (error.cycle != hw::kNever) return;
            throw std::runtime_error("the oracle waits for ever in cycle " + std::to_string(t));
        }
    }
}

OracleResult predict(const OracleInput& input) {
    Oracle oracle(input);
    oracle.run();
    OracleResult r;
    r.error = oracle.error.code;
    r.error_tag = oracle.error.tag;
    r.error_cycle = oracle.error.cycle;
    for (size_t i = 0; i < oracle.items.size(); ++i) {
        const Item& item = oracle.items[i];
        if (item.dispatch == hw::kNever) break;
        r.commands.push_back({item.c.opcode, static_cast<uint16_t>(item.c.tag), i, item.dispatch,
                              item.start, item.retire});
    }
    for (const OracleLaneGroup& g : oracle.groups)
        if (g.a != hw::kNever)
            r.groups.push_back({g.item, g.index, g.n, g.s, g.v, g.merge + g.rows - 1});
    if (oracle.error.cycle == hw::kNever) oracle.count(r.counters);
    return r;
}

}  // namespace tessera::test
