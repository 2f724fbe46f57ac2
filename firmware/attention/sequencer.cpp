// SPDX-License-Identifier: MIT
#include "firmware/attention/sequencer.h"

#include "firmware/merge/sentinel.h"
#include "firmware/plan/row_list.h"
#include "firmware/plan/stages.h"
#include "firmware/plan/state_command.h"

namespace tessera::fw {
namespace {

using spec::Command;
using spec::Opcode;

/// "Head" of the indicators among the tiles of values.
constexpr uint32_t kIndicators = UINT32_MAX;

}  // namespace

Sequencer::Sequencer(const AttentionJob* jobs, uint32_t count, const spec::DeviceParams& device,
                     uint64_t record_address)
    : planner_(jobs, count, device.m),
      record_address_(record_address),
      device_(device),
      retry_map_(planner_.map()) {}

bool Sequencer::next(Command& command) {
    if (todo_ == 0) {
        if (pass_ + 1 < sentinel_passes(job().sentinel.form) && partials_ != 0) {
            ++pass_;
            begin_pass();
        } else if (retrying_) {
            end_retry();
            return false;
        } else {
            if (!planner_.next(step_)) return false;
            if (step_.new_job) begin_job();
            begin_step();
        }
    }
    stage_ = todo_ & (~todo_ + 1);  // the lowest bit
    stage_row_ = row_;
    command = Command{};
    const uint32_t left = build(stage_, command);
    if (left == 0) todo_ &= ~stage_;
    row_ = left == 0 ? 0 : row_ + command.rows;
    return true;
}

uint32_t Sequencer::steady_calls() const {
    const bool plain = !retrying_ && !partial_ && step_.k_rows == device_.m && !step_.first &&
                       !job().key_list.given() && !job().pages.given();
    return plain ? planner_.steady_steps() : 0;
}

void Sequencer::skip(uint32_t calls) {
    const auto moved = [calls](uint32_t k_tile) { return k_tile + calls; };
    planner_.skip(calls);
    step_.k_tile = moved(step_.k_tile);
    step_.next_k_tile = moved(step_.next_k_tile);
    k_.move(moved);
    v_.move(moved);
}

uint32_t Sequencer::steady_tiles() const {
    const bool plain = !retrying_ && !partial_ && !job().key_list.given() && !job().pages.given() &&
                       !job().sink_logits;
    return plain ? planner_.steady_tiles() : 0;
}

void Sequencer::skip_tiles(uint32_t tiles) {
    const auto moved = [this, tiles](uint32_t k_tile) { return planner_.moved(k_tile, tiles); };
    const auto later = [tiles](uint32_t q_tile) { return q_tile + tiles; };
    planner_.skip_tiles(tiles);
    step_.q_tile = later(step_.q_tile);
    step_.k_tile = moved(step_.k_tile);
    step_.next_k_tile = moved(step_.next_k_tile);
    q_.move(later);
    state_.move(later);
    k_.move(moved);
    v_.move(moved);
}

Sequencer::Place Sequencer::place() const {
    const uint32_t banks[] = {q_.bank(), k_.bank(), k_bank_, v_.bank(), state_.bank()};
    Place place;
    place.step = todo_;
    for (const uint32_t bank : banks) place.step = place.step * spec::kBanks + bank;
    place.job = planner_.job_index();
    place.query_head = step_.query_head;
    place.q_tile = step_.q_tile;
    place.k_tile = step_.k_tile;
    place.moves = planner_.moved(step_.k_tile, 1) != step_.k_tile;
    const uint32_t key = map().key_run(step_.k_tile, 0).row;
    const uint32_t query = map().query_run(step_.q_tile, 0).row;
    const auto add = [&](const Tensor& tensor, uint32_t head, uint32_t row) {
        place.addresses = place.addresses * spec::kReadBurstBytes +
                          row_address(tensor, head, row) % spec::kReadBurstBytes;
    };
    add(job().k, step_.kv_head, key);
    add(job().v, step_.kv_head, key);
    add(job().q, step_.query_head, query);
    add(job().o, step_.query_head, query);
    add(job().lse, step_.query_head, query);
    return place;
}

void Sequencer::retry(const Step& step, const Planner& at) {
    suspended_ = {step_, pass_, todo_, partial_};
    retrying_ = true;
    retry_job_ = at.job_index();
    retry_map_ = at.map();
    q_.borrow();
    k_.borrow();
    v_.borrow();
    state_.borrow();
    step_ = step;
    pass_ = 0;
    partial_ = true;
    begin_pass();
}

void Sequencer::end_retry() {
    q_.give_back();
    k_.give_back();
    v_.give_back();
    state_.give_back();
    step_ = suspended_.step;
    pass_ = suspended_.pass;
    todo_ = suspended_.todo;
    partial_ = suspended_.partial;
    k_bank_ = k_.bank();
    retrying_ = false;
}

/// No FENCE: every state that the job before stored it has loaded again, and what this one stores
/// into the same rows waits for its own ATTENDs, which come after all of that.
void Sequencer::begin_job() {
    group_ = job().query_heads / job().kv_heads;
    states_travel_ = planner_.states_travel();
    states_unfenced_ = fence_due_ = false;
    q_.clear();
    k_.clear();
    v_.clear();
    state_.clear();
}

void Sequencer::begin_step() {
    pass_ = 0;
    const Extent extent = extent_of(map(), device_, step_.q_tile, step_.k_tile, step_.mask);
    attending_ = extent.rows;
    // A key tile that stays for other query tiles is loaded whole.
    if (planner_.open_tiles() == 1) step_.keys = step_.k_rows = extent.keys;
    partial_ = is_partial(job(), device_, step_);
    if (partial_) ++partials_;
    begin_pass();
}

/// Rows of keys of the next step that are loaded before the values of this one. A call of one lane
/// group takes no longer than its loads, and the values wait for the value stage to leave their
/// bank; keys behind them would come late. 0: none, for want of such a step in this query tile.
uint32_t Sequencer::early_keys() const {
    const bool wanted = !step_.last && planner_.open_tiles() == 1 &&
                        job().sentinel.form == SentinelForm::kNone &&
                        step_.q_rows <= device_.lanes * device_.interleave;
    if (!wanted) return 0;
    const uint32_t stack = step_.query_head / map().stack_heads();
    const spec::Mask mask = map().mask(stack, step_.q_tile, step_.next_k_tile);
    return extent_of(map(), device_, step_.q_tile, step_.next_k_tile, mask).keys;
}

/// Chooses the banks of a call and lists its commands.
void Sequencer::begin_pass() {
    todo_ = kAttend;
    if (retrying_) {
        k_bank_ = k_.bank();
        todo_ |= kLoadV | kStorePartial | (pass_ == 0 ? kLoadQ | kLoadK : 0);
        return;
    }
    const bool indicators = takes_indicators(job().sentinel.form, pass_);
    if (q_.select(step_.query_head, step_.q_tile, step_.q_rows)) todo_ |= kLoadQ;
    if (k_.select(step_.kv_head, step_.k_tile, step_.k_rows)) todo_ |= kLoadK;
    k_bank_ = k_.bank();
    if (const uint32_t rows = early_keys();
        rows != 0 && k_.select(step_.kv_head, step_.next_k_tile, rows))
        todo_ |= kLoadNextK;
    if (v_.select(indicators ? kIndicators : step_.kv_head, indicators ? 0 : step_.k_tile,
                  step_.k_rows))
        todo_ |= kLoadV;
    const bool state_absent = state_.select(step_.query_head, step_.q_tile, step_.q_rows);
    if (partial_) return begin_partial();
    // Nothing else orders a load after a store. What was stored since this key tile is current is
    // of other query tiles, so one FENCE before its first load covers all that it may load.
    if (step_.new_key) fence_due_ = states_unfenced_;
    // The host has written the sinks' states: they need none.
    if (step_.first && job().sink_logits) todo_ |= kLoadState;
    if (state_absent && !step_.first) {
        todo_ |= kLoadState;
        if (fence_due_) {
            todo_ |= kFence;
            fence_due_ = states_unfenced_ = false;
        }
    }
    if (step_.last) {
        todo_ |= kStoreO;
        if (job().want_lse) todo_ |= kStoreLse;
    } else if (states_travel_) {
        todo_ |= kStoreState;
        states_unfenced_ = true;
    }
    if ((todo_ & (kStoreO | kStoreState)) != 0) state_.release();
}

/// A bank gives a partial result away at once: banks alternate.
void Sequencer::begin_partial() {
    if (pass_ == 0 && partials_ != 1 && partials_ % kMergeBatch == 1) todo_ |= kFence;
    todo_ |= kStorePartial;
    state_.release();
}

/// The command of a stage that goes on at row_. Returns the rows that are left after it.
uint32_t Sequencer::build(uint32_t stage, Command& c) const {
    switch (stage) {
        case kLoadQ:
            c.opcode = Opcode::kLoadQ;
            c.q_bank = q_.bank();
            c.d_k = key_columns(job());
            if (job().query_list.given()) {
                build_gather(job().q, step_.query_head, job().query_list, step_.q_tile, c);
                c.rows = step_.q_rows;
                return 0;
            }
            c.position = map().query_run(step_.q_tile, row_).position;
            return build_query_rows(job().q, step_.query_head, c);
        case kLoadK:
            c.opcode = Opcode::kLoadK;
            c.k_bank = k_bank_;
            c.d_k = key_columns(job());
            if (row_ == step_.k_rows) return build_sentinel_load(kSentinelKey, c);
            return build_key_load(job().k, step_.k_tile, step_.k_rows, c) +
                   (job().sentinel.form == SentinelForm::kNone ? 0 : 1);
        case kLoadNextK:
            c.opcode = Opcode::kLoadK;
            c.k_bank = k_.bank();
            c.d_k = key_columns(job());
            return build_key_load(job().k, step_.next_k_tile, early_keys(), c);
        case kLoadV:
            c.opcode = Opcode::kLoadV;
            c.v_bank = v_.bank();
            c.d_v = value_columns(job(), pass_);
            return build_values_load(c);
        case kFence:
            c.opcode = Opcode::kFence;
            if (partial_) c.flags = spec::kFlagInterrupt;
            c.address = record_address_;
            return 0;
        case kAttend: return build_attend(c);
        case kStorePartial: return build_partial_store(c);
        default: return build_state(stage, c);
    }
}

uint32_t Sequencer::build_state(uint32_t stage, Command& c) const {
    begin_state_command(stage, job(), state_.bank(), c);
    switch (stage) {
        case kStoreO: return build_query_rows(job().o, step_.query_head, c);
        case kStoreLse: return build_query_rows(job().lse, step_.query_head, c);
        case kLoadState:
            if (step_.first) return build_sink_load(c);
            [[fallthrough]];
        default: return build_query_rows(job().state, state_head(), c);
    }
}

/// Rows of a run of the query tile, to or from a tensor of query heads.
uint32_t Sequencer::build_query_rows(const Tensor& tensor, uint32_t head, Command& c) const {
    Run run = map().query_run(step_.q_tile, row_);
    if (job().query_list.given()) run.rows = step_.q_rows;  // results are in the order of the list
    c.rows = run.rows;
    c.first_row = row_;
    c.address = row_address(tensor, head + run.head, run.row);
    c.pitch = tensor.pitch;
    if (retrying_) {
        c.address = row_address(job().sentinel.retry, 0, row_);
        c.pitch = job().sentinel.retry.pitch;
    }
    return step_.q_rows - row_ - run.rows;
}

/// The same of the states that rows begin with, which are equal within a head.
uint32_t Sequencer::build_sink_load(Command& c) const {
    const uint32_t left = build_query_rows(job().sink_state, step_.query_head, c);
    c.address = row_address(job().sink_state,
                            step_.query_head + map().query_run(step_.q_tile, row_).head, 0);
    return left;
}

/// The rows of a slot are those of the tile, whatever runs they are of.
uint32_t Sequencer::build_partial_store(Command& c) const {
    const bool sentinel = job().sentinel.form != SentinelForm::kNone;
    c.opcode = sentinel ? Opcode::kStoreO : Opcode::kStoreState;
    if (sentinel) c.flags = spec::kFlagNormalise;
    c.state_bank = state_.bank();
    c.d_v = value_columns(job(), pass_);
    c.rows = step_.q_rows;
    const auto slot = static_cast<uint32_t>((partials_ - 1) % kPartialSlots);
    c.address = row_address(job().partial, retrying_ ? kRetryPartialSlot : slot, 0);
    if (pass_ == 1) c.address += device_.bus_bytes;  // behind the shares
    c.pitch = job().partial.pitch;
    return 0;
}

/// Values of the keys, or the indicators of as many, and then of the sentinel.
uint32_t Sequencer::build_values_load(Command& c) const {
    const SentinelForm form = job().sentinel.form;
    const bool indicators = takes_indicators(form, pass_);
    if (row_ == step_.k_rows)
        return build_sentinel_load(indicators ? kSentinelIndicators : kSentinelValues, c);
    const uint32_t more = has_sentinel(form, pass_) ? 1 : 0;
    if (!indicators) return build_key_load(job().v, step_.k_tile, step_.k_rows, c) + more;
    c.rows = step_.k_rows;
    c.address = row_address(job().sentinel.indicators, 0, 0);
    c.pitch = job().sentinel.indicators.pitch;
    return more;
}

uint32_t Sequencer::build_sentinel_load(uint32_t row, Command& c) const {
    c.rows = 1;
    c.first_row = row_;
    c.address = row_address(job().sentinel.rows, 0, row);
    c.pitch = job().sentinel.rows.pitch;
    return 0;
}

uint32_t Sequencer::build_key_load(const Tensor& tensor, uint32_t tile, uint32_t rows,
                                   Command& c) const {
    const TileMap& map = this->map();
    c.pitch = tensor.pitch;
    const bool summaries = map.gathered(tile);
    if (summaries || job().key_list.given()) {
        const RowList list =
            summaries ? RowList{nullptr, job().nk, job().summary_list} : job().key_list;
        build_gather(tensor, step_.kv_head, list, tile, c);
        c.rows = rows;
        return 0;
    }
    Run run = map.key_run(tile, row_);
    const bool positions = c.opcode == Opcode::kLoadK;  // values have none
    const bool all_at_once = !positions && job().documents != nullptr;
    if (all_at_once || run.rows > rows - row_) run.rows = rows - row_;
    run.rows = job().pages.run(run.row, run.rows);
    c.rows = run.rows;
    c.first_row = row_;
    c.address = row_address(tensor, step_.kv_head, job().pages.row(run.row));
    if (positions) c.position = run.position;
    return rows - row_ - run.rows;
}

/// Rows of a tile through its part of a list.
void Sequencer::build_gather(const Tensor& tensor, uint32_t head, const RowList& list,
                             uint32_t part, Command& c) const {
    c.flags = spec::kFlagGather;
    c.address = row_address(tensor, head, 0);
    c.pitch = tensor.pitch;
    c.index_address = list.address + uint64_t{list_part_bytes(device_)} * part;
    c.index_limit = list.limit;
}

uint32_t Sequencer::build_attend(Command& c) const {
    c.opcode = Opcode::kAttend;
    const bool from_sink = step_.first && job().sink_logits && !partial_;
    if (from_sink || goes_on(job(), device_, step_)) c.flags = spec::kFlagContinue;
    c.q_bank = q_.bank();
    c.k_bank = k_bank_;
    c.v_bank = v_.bank();
    c.state_bank = state_.bank();
    c.rows = c.has(spec::kFlagContinue) ? attending_ : step_.q_rows;
    c.keys = step_.keys;
    c.d_k = key_columns(job());
    c.d_v = value_columns(job(), pass_);
    c.factor = job().factor;
    c.mask = step_.mask;
    if (!has_sentinel(job().sentinel.form, pass_)) return 0;
    c.keys = step_.keys + 1;         // no mask may hide the sentinel, but one that hides all
    if (job().row_causal) return 0;  // nor does CAUSAL: the sentinel is at position 0
    if (c.mask.flags != 0) c.mask.flags |= spec::kMaskFree;
    if (c.mask.flags != 0) c.mask.free_from = step_.keys;
    return 0;
}

}  // namespace tessera::fw
