// SPDX-License-Identifier: MIT
#include "host/operation/schedule_check.h"

#include <fmt/format.h>

#include <stdexcept>
#include <vector>

#include "firmware/plan/schedule.h"
#include "host/error.h"

namespace tessera::host {
namespace {

class Check {
  public:
    Check(const fw::AttentionJob& job, uint32_t m)
        : job_(job),
          m_(m),
          type_(fw::schedule_type(job.schedule)),
          map_(job_, m),
          behind_(size_t{map_.stacks()} * map_.query_tiles()) {}

    /// What one of several devices is dealt.
    void share(uint32_t peers, uint32_t share) {
        job_.peers = peers;
        job_.share = share;
        open_ = 0;
        const fw::TilePairs pairs(job_, m_, type_.open_tiles);
        fw::ScheduleRoom room;
        fw::begin_schedule(job_.schedule, room);
        for (fw::TilePair pair; fw::next_pair(job_.schedule, room, pairs, pair);) add(pairs, pair);
    }

    void finish() const {
        for (uint32_t stack = 0; stack < map_.stacks(); ++stack)
            for (uint32_t q_tile = 0; q_tile < map_.query_tiles(); ++q_tile) {
                const uint32_t due = due_of(stack, q_tile);
                if (due != map_.key_tiles())
                    fail(fmt::format("query tile {} of stack {} never meets key tile {}", q_tile,
                                     stack, due));
            }
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        if (type_.listed) throw UserError("`experiment`: `schedule.order`: " + what);
        throw std::logic_error(fmt::format("schedule {}: {}", type_.name, what));
    }

    size_t index(uint32_t stack, uint32_t q_tile) const {
        return size_t{stack} * map_.query_tiles() + q_tile;
    }
    /// The key tile that this query tile has to meet next, or key_tiles().
    uint32_t due_of(uint32_t stack, uint32_t q_tile) const {
        return map_.next_key_tile(stack, q_tile, behind_[index(stack, q_tile)]);
    }

    void add(const fw::TilePairs& pairs, const fw::TilePair& pair) {
        if (pair.stack >= map_.stacks() || pair.q_tile >= map_.query_tiles())
            fail(fmt::format("there is no query tile {} of stack {}", pair.q_tile, pair.stack));
        const uint32_t due = due_of(pair.stack, pair.q_tile);
        if (pair.k_tile != due)
            fail(fmt::format("query tile {} of stack {} is given key tile {}, due is {}",
                             pair.q_tile, pair.stack, pair.k_tile,
                             due == map_.key_tiles() ? "none" : std::to_string(due)));
        uint32_t& behind = behind_[index(pair.stack, pair.q_tile)];
        if (behind == 0) open(pairs.kv_head(pair));
        behind = due + 1;
        if (due_of(pair.stack, pair.q_tile) == map_.key_tiles()) --open_;
    }

    void open(uint32_t kv_head) {
        if (open_ != 0 && kv_head != kv_head_)
            fail(fmt::format("key/value head {} begins while query tiles of {} are not finished",
                             kv_head, kv_head_));
        kv_head_ = kv_head;
        ++open_;
        if (type_.open_tiles != 0 && open_ > type_.open_tiles)
            fail(fmt::format("{} query tiles are begun and not finished, kOpenTiles says {}", open_,
                             type_.open_tiles));
    }

    fw::AttentionJob job_;
    uint32_t m_;
    const fw::ScheduleType& type_;
    fw::TileMap map_;               ///< of job_
    std::vector<uint32_t> behind_;  ///< of each query tile: behind the last key tile it has met
    uint32_t open_ = 0, kv_head_ = 0;
};

}  // namespace

void check_schedule(const fw::AttentionJob& job, uint32_t m, uint32_t devices) {
    Check check(job, m);
    const bool shared = fw::schedule_type(job.schedule).open_tiles != 0;
    const uint32_t shares = shared ? devices : 1;
    for (uint32_t i = 0; i < shares; ++i) check.share(shares - 1, i);
    check.finish();
}

}  // namespace tessera::host
