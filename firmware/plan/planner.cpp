// SPDX-License-Identifier: MIT
#include "firmware/plan/planner.h"

#include "spec/params.h"

namespace tessera::fw {

Planner::Planner(const AttentionJob* jobs, uint32_t count, uint32_t m)
    : m_(m), jobs_(jobs), job_count_(count), pairs_(jobs[0], m, open_tiles_of(jobs[0])) {
    begin_job();
}

uint32_t Planner::open_tiles_of(const AttentionJob& job) {
    return schedule_type(job.schedule).open_tiles;
}

void Planner::begin_job() {
    begin_schedule(job().schedule, room_);
    at_ = TilePair();
}

bool Planner::merges() const {
    const TileMap& map = pairs_.map();
    for (uint32_t stack = 0; stack < map.stacks(); ++stack)
        for (uint32_t q_tile = map.query_tiles(); q_tile-- != 0;) {  // the last sees most, mostly
            const uint32_t first = map.next_key_tile(stack, q_tile, 0);
            if (map.next_key_tile(stack, q_tile, first + 1) != map.key_tiles()) return true;
        }
    return false;
}

bool Planner::states_travel() const {
    const TileMap& map = pairs_.map();
    const bool fit = open_tiles() != 0 && open_tiles() <= spec::kBanks;
    return !fit && uint64_t{map.stacks_per_kv_head()} * map.query_tiles() > spec::kBanks &&
           merges();
}

uint32_t Planner::steady_steps() const {
    if (job().schedule != ScheduleId::kQueryResident || at_.q_tile == UINT32_MAX) return 0;
    const uint32_t open = map().open_key_tiles(at_.q_tile, at_.k_tile + 1);
    return open == 0 ? 0 : open - 1;  // the last one may be the query tile's last
}

uint32_t Planner::steady_tiles() const {
    const bool plain = job().schedule == ScheduleId::kQueryResident && job().peers == 0;
    return plain && at_.q_tile != UINT32_MAX ? map().alike_query_tiles(at_.q_tile) : 0;
}

void Planner::skip_tiles(uint32_t tiles) {
    at_.k_tile = moved(at_.k_tile, tiles);
    at_.q_tile += tiles;
}

bool Planner::next(Step& step) {
    TilePair before = at_;
    while (!next_pair(job().schedule, room_, pairs_,
                      at_)) {  // a share of a short job may have no step
        if (job_index_ + 1 == job_count_) return false;
        const AttentionJob& next_job = jobs_[++job_index_];
        pairs_ = TilePairs(next_job, m_, open_tiles_of(next_job));
        begin_job();
        before = at_;
    }
    const TileMap& map = pairs_.map();
    step.query_head = at_.stack * map.stack_heads();
    step.kv_head = pairs_.kv_head(at_);
    step.q_tile = at_.q_tile;
    step.k_tile = at_.k_tile;
    step.q_rows = map.query_rows(at_.q_tile);
    step.keys = map.keys(at_.q_tile, at_.k_tile);
    // A key tile that stays for several query tiles is loaded whole, whatever the first of them
    // needs, unless a sentinel has to follow the last key.
    const bool exact = open_tiles() == 1 || map.sentinel();
    step.k_rows = exact ? step.keys : map.key_rows(at_.k_tile);
    step.mask = map.mask(at_.stack, at_.q_tile, at_.k_tile);
    step.new_job = before.q_tile == UINT32_MAX;
    step.new_query = before.stack != at_.stack || before.q_tile != at_.q_tile;
    // Key tiles ascend: behind another one of its query tile none is the first.
    step.first = step.new_query && map.next_key_tile(at_.stack, at_.q_tile, 0) == at_.k_tile;
    step.next_k_tile = map.next_key_tile(at_.stack, at_.q_tile, at_.k_tile + 1);
    step.last = step.next_k_tile == map.key_tiles();
    step.new_key = before.k_tile != at_.k_tile || pairs_.kv_head(before) != step.kv_head;
    return true;
}

}  // namespace tessera::fw
