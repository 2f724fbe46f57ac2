// SPDX-License-Identifier: MIT
// Schedules that nobody would want: some that keep every promise of firmware/plan/schedule.h in
// ways that the shipped ones do not, some that break one promise each. Classes as a user writes
// them.
#pragma once
#include <cstdint>

#include "firmware/plan/schedule.h"

namespace tessera::test {

using fw::TileMap;
using fw::TilePair;
using fw::TilePairs;

/// What Skewed draws its offsets from; the same for all its instances of a run.
inline uint64_t skew_seed = 0;

/// Wave after wave of pairs, each query tile some key tiles behind the others, forward and backward
/// in turn: states leave and come back at any distance, also with the very next pair.
class Skewed {
  public:
    static constexpr const char* kName = "skewed";
    static constexpr const char* kDoes = "waves of key tiles, query tiles apart";
    static constexpr uint32_t kOpenTiles = 0;

    bool next(const TilePairs& pairs, TilePair& pair) {
        const TileMap& map = pairs.map();
        const uint32_t stacks = map.stacks_per_kv_head(), tiles = stacks * map.query_tiles();
        for (; kv_ * stacks != map.stacks(); ++kv_, wave_ = 0)
            for (; wave_ != map.key_tiles() + kMax; ++wave_, place_ = 0)
                while (place_ != tiles) {
                    const uint32_t n = wave_ % 2 == 0 ? place_ : tiles - 1 - place_;
                    ++place_;
                    pair.stack = kv_ * stacks + n / map.query_tiles();
                    pair.q_tile = n % map.query_tiles();
                    const uint64_t mixed = (skew_seed + n) * 0x9e3779b97f4a7c15u;
                    pair.k_tile = wave_ - static_cast<uint32_t>(mixed >> 40) % (kMax + 1);
                    if (pair.k_tile < map.key_tiles() &&
                        map.next_key_tile(pair.stack, pair.q_tile, pair.k_tile) == pair.k_tile)
                        return true;
                }
        return false;
    }

  private:
    static constexpr uint32_t kMax = 3;
    uint32_t kv_ = 0, wave_ = 0, place_ = 0;
};

/// Up to kTiles query tiles of a key/value head in turn, each replaced as soon as it is finished.
template <uint32_t kTiles, uint32_t kSaid = kTiles>
class InTurn {
  public:
    static constexpr const char* kName = kTiles == kSaid ? "in-turn" : "too-many";
    static constexpr const char* kDoes = "query tiles in turn";
    static constexpr uint32_t kOpenTiles = kSaid;

    bool next(const TilePairs& pairs, TilePair& pair) {
        for (uint32_t i = 0; i < kTiles; ++i) {
            if (i != 0 || ++steps_ % 3 != 0) turn_ = (turn_ + 1) % kTiles;  // some two at a time
            if (!more_[turn_]) begin(pairs);
            if (!more_[turn_]) continue;
            pair = next_[turn_];
            more_[turn_] = pairs.next_key_tile(next_[turn_]);
            return true;
        }
        return false;
    }

  private:
    void begin(const TilePairs& pairs) {
        TilePair tile = last_;
        if (!pairs.next_query_tile(tile)) return;
        bool open = false;
        for (const bool more : more_) open = open || more;
        if (open && pairs.kv_head(tile) != pairs.kv_head(last_)) return;
        next_[turn_] = last_ = tile;
        more_[turn_] = true;
    }
    TilePair next_[kTiles], last_;
    bool more_[kTiles] = {};
    uint32_t turn_ = 0, steps_ = 0;
};

enum class Breach { kOmits, kRepeats, kDescends, kStops, kMixesHeads, kNowhere, kNotMeeting };

/// For each query tile all its key tiles, but for one thing.
template <Breach kBreach>
class Breaking {
  public:
    static constexpr const char* kName = "breaking";
    static constexpr const char* kDoes = "breaks a promise";
    static constexpr uint32_t kOpenTiles = 0;

    bool next(const TilePairs& pairs, TilePair& pair) {
        const TileMap& map = pairs.map();
        const bool again = kBreach == Breach::kRepeats && !repeated_ && pair.k_tile == 1;
        if (again) return repeated_ = true;
        if (held_) {  // key tile 0, behind 1
            held_ = false;
            pair.k_tile = 0;
            return true;
        }
        if (kBreach == Breach::kDescends && pair.k_tile == 0) pair.k_tile = 1;
        if (kBreach == Breach::kMixesHeads) return across_heads(map, pair);
        const bool more = pairs.next_key_tile(pair);
        if (!more && !pairs.next_query_tile(pair)) return false;
        if (kBreach == Breach::kStops && pair.q_tile + 1 == map.query_tiles()) return false;
        if (kBreach == Breach::kOmits && pair.q_tile == 1 && pair.k_tile == 1)
            return pairs.next_key_tile(pair);
        if (kBreach == Breach::kNotMeeting && !more) pair.k_tile = map.key_tiles() - 1;
        if (kBreach == Breach::kNowhere) pair.q_tile = map.query_tiles();
        if (kBreach == Breach::kDescends && !more) held_ = pairs.next_key_tile(pair);
        return true;
    }

  private:
    static bool across_heads(const TileMap& map, TilePair& pair) {
        if (pair.q_tile == UINT32_MAX) {
            pair = {0, 0, 0};
            return true;
        }
        if (++pair.stack != map.stacks()) return true;
        pair.stack = 0;
        if (++pair.k_tile != map.key_tiles()) return true;
        pair.k_tile = 0;
        return ++pair.q_tile != map.query_tiles();
    }
    bool repeated_ = false, held_ = false;
};

}  // namespace tessera::test
