// SPDX-License-Identifier: MIT
#include "firmware/planner.h"

#include "spec/params.h"

namespace tessera::fw {

Planner::Planner(const AttentionJob& job, uint32_t m)
    : map_(job, m),
      order_(job.order),
      exact_rows_(job.sentinel.form != SentinelForm::kNone),
      share_(job.share),
      shares_(job.peers + 1) {
    if (order_ == LoopOrder::kKeyValueResident)
        to_meeting_query_tile();
    else
        to_share();
}

/// Is this query tile dealt to this share? 32 bits are enough: where they overflow the pattern has
/// a seam, at the same place for all shares.
bool Planner::mine(const Place& at) const {
    const uint32_t turn = (at.stack * map_.query_tiles() + at.q_tile) % (2 * shares_);
    return (turn < shares_ ? turn : 2 * shares_ - 1 - turn) == share_;
}

bool Planner::merges() const {
    for (uint32_t stack = 0; stack < map_.stacks(); ++stack)
        for (uint32_t q_tile = map_.query_tiles(); q_tile-- != 0;) {  // the last sees most, mostly
            const uint32_t first = map_.next_key_tile(stack, q_tile, 0);
            if (map_.next_key_tile(stack, q_tile, first + 1) != map_.key_tiles()) return true;
        }
    return false;
}

bool Planner::states_travel() const {
    return order_ == LoopOrder::kKeyValueResident &&
           uint64_t{map_.stacks_per_kv_head()} * map_.query_tiles() > spec::kBanks && merges();
}

bool Planner::next(Step& step) {
    if (at_end()) return false;
    step.query_head = at_.stack * map_.stack_heads();
    step.kv_head = at_.stack / map_.stacks_per_kv_head();
    step.q_tile = at_.q_tile;
    step.k_tile = at_.k_tile;
    step.q_rows = map_.query_rows(at_.q_tile);
    step.keys = map_.keys(at_.q_tile, at_.k_tile);
    // A key tile that stays for many query tiles is loaded whole, whatever the first of them needs.
    const bool whole = order_ == LoopOrder::kKeyValueResident && !exact_rows_;
    step.k_rows = whole ? map_.key_rows(at_.k_tile) : step.keys;
    step.mask = map_.mask(at_.stack, at_.q_tile, at_.k_tile);
    step.first = map_.next_key_tile(at_.stack, at_.q_tile, 0) == at_.k_tile;
    step.last = map_.next_key_tile(at_.stack, at_.q_tile, at_.k_tile + 1) == map_.key_tiles();
    step.new_query = !started_ || before_.stack != at_.stack || before_.q_tile != at_.q_tile;
    step.new_key = !started_ || before_.stack / map_.stacks_per_kv_head() != step.kv_head ||
                   before_.k_tile != at_.k_tile;
    started_ = true;
    before_ = at_;
    advance();
    return true;
}

void Planner::advance() {
    if (order_ == LoopOrder::kKeyValueResident) {
        ++at_.q_tile;
        to_meeting_query_tile();
    } else {
        advance_query_resident();
    }
}

void Planner::advance_query_resident() {
    at_.k_tile = map_.next_key_tile(at_.stack, at_.q_tile, at_.k_tile + 1);
    if (at_.k_tile != map_.key_tiles()) return;
    ++at_.q_tile;
    to_share();
}

/// From this query tile on to one of this share, with its first key tile; or to the end.
void Planner::to_share() {
    for (; !at_end(); ++at_.q_tile) {
        if (at_.q_tile == map_.query_tiles()) {
            at_.q_tile = 0;
            if (++at_.stack == map_.stacks()) return;
        }
        if (mine(at_)) break;
    }
    at_.k_tile = map_.next_key_tile(at_.stack, at_.q_tile, 0);
}

/// From this query tile on to one that meets this key tile: of this stack, then of the other stacks
/// of the group, then with the next key tile; or to the end.
void Planner::to_meeting_query_tile() {
    for (;;) {
        at_.q_tile = map_.next_query_tile(at_.stack, at_.k_tile, at_.q_tile);
        if (at_.q_tile != map_.query_tiles()) return;
        at_.q_tile = 0;
        if (++at_.stack % map_.stacks_per_kv_head() != 0) continue;
        if (++at_.k_tile != map_.key_tiles()) {
            at_.stack -= map_.stacks_per_kv_head();  // the group again
            continue;
        }
        at_.k_tile = 0;
        if (at_end()) return;
    }
}

}  // namespace tessera::fw
