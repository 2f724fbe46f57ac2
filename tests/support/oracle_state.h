// SPDX-License-Identifier: MIT
// The state of the timing oracle. Everything that happens is kept with its cycle, and "visible in
// t" is "happened before t"; so the order in which the rules are tried within a cycle is free.
#pragma once
#include <array>
#include <vector>

#include "tests/support/key_range_oracle.h"
#include "tests/support/timing_oracle.h"

namespace tessera::test {

using spec::Cycle;

inline constexpr uint32_t kNoBeat = UINT32_MAX;
inline constexpr Cycle kQuietCycles = 20000;  ///< nothing happens for so long: nothing ever will

// Banks by number; engines are 0 load, 1 compute, 2 store.
inline constexpr uint32_t kQBank = 0, kKBank = 2, kVBank = 4, kStateBank = 6;

/// A command's touch of a bank: how many touches of each engine were earlier.
struct Touch {
    uint32_t bank = 0;
    std::array<size_t, 3> earlier{};
};

struct Item {
    spec::Command c;
    spec::ErrorCode illegal = spec::ErrorCode::kNone;
    uint32_t engine = 0;
    std::vector<Touch> touches;  ///< ATTEND: Q, K, V, state
    KnownPositions q, k;         ///< ATTEND: of its banks
    Cycle dispatch = hw::kNever, start = hw::kNever, popped = hw::kNever, retire = hw::kNever;
    uint32_t groups = 0;      ///< ATTEND: groups that entered
    uint32_t beats_read = 0;  ///< stores
    bool failing = false;     ///< an error belongs to it
    bool failed = false;      ///< a gather whose list is bad: its rows are never fetched
    Cycle index_end = hw::kNever;
};

struct OracleLaneGroup {
    size_t item = 0;
    uint32_t index = 0, n = 0, rows = 0;
    uint64_t first_score = 0, room = 0;  ///< of all scores since reset: its place, and for how many
    bool last = false;
    Cycle s = 0, a = hw::kNever, v = 0;
    Cycle merge = 0;  ///< row 0 of the group is written
};

struct BurstShape {
    uint64_t address = 0;
    uint32_t beats = 0;
};

struct OracleBurst {
    Cycle presented = 0;
    std::vector<Cycle> beats;
    Cycle response = 0;
    uint32_t bad_beat = kNoBeat;
};

class Oracle {
  public:
    explicit Oracle(const OracleInput& input);
    void run();
    void count(std::array<uint64_t, spec::kCounters>& counters) const;

    struct Line {
        uint32_t first = 0, end = 0;
        Cycle usable = 0, freed = hw::kNever;
    };
    struct Error {
        spec::ErrorCode code = spec::ErrorCode::kNone;
        uint32_t tag = 0;
        Cycle cycle = hw::kNever;
        uint32_t source = 4;
    };
    const spec::DeviceParams p;
    std::vector<Item> items;
    std::vector<OracleLaneGroup> groups;
    std::vector<Line> lines;
    std::vector<Cycle> beat_read;                           ///< by the store engine
    std::array<std::array<std::vector<Cycle>, 3>, 8> over;  ///< [bank][engine]: visible from
    Cycle window_start = 0, watch_from = hw::kNever;
    uint64_t watchdog_cycles = 0;
    Error error;

  private:
    struct Channel {
        Cycle next_beat = 0;
        std::vector<OracleBurst> bursts;
    };
    OracleBurst transfer(bool write, uint32_t beats, Cycle t, bool in_range = true);
    uint32_t outstanding(const Channel& channel, bool write, Cycle t) const;
    void fail(spec::ErrorCode code, uint32_t tag, Cycle cycle, uint32_t source);
    bool halted(Cycle t) const { return error.cycle < t; }
    uint32_t tail(Cycle t) const;
    bool enabled(Cycle t) const;
    bool granted(const Item& item, uint32_t bank, uint32_t engine, Cycle t) const;
    void release(const Item& item, uint32_t bank, Cycle visible_from);
    Item* head(uint32_t engine, Cycle t);
    bool row_merged(const Item& store, uint32_t row, Cycle t) const;
    size_t activity() const {
        return next_ + groups.size() + admitted_ + read_.bursts.size() + write_.bursts.size() +
               beat_read.size();
    }

    bool front_end(Cycle t);
    void dispatch(Cycle t);
    void watchdog(Cycle t);
    void load(Cycle t, bool front_end_presents);
    void present_load(Item& item, Cycle t);
    bool scores_read(const OracleLaneGroup& g, Cycle t) const;
    void score(Cycle t);
    void value(Cycle t);
    void read_beat(Cycle t);
    void write_burst(Cycle t);

    void count_load(Cycle end, std::array<uint64_t, spec::kCounters>& counters) const;
    void count_compute(Cycle end, std::array<uint64_t, spec::kCounters>& counters) const;
    void count_store(Cycle end, std::array<uint64_t, spec::kCounters>& counters) const;
    void count_work(std::array<uint64_t, spec::kCounters>& counters) const;

    const hw::MemoryConfig memory_;
    const std::vector<RegisterWrite> writes_;
    const Bytes* image_;
    Channel read_, write_;
    uint32_t fetch_ = 0;                                  // next descriptor to fetch
    size_t next_ = 0;                                     // next to dispatch
    size_t admitted_ = 0;                                 // groups
    std::vector<BurstShape> load_bursts_, store_bursts_;  // of the head, not yet presented
    std::vector<uint32_t> indices_;
    size_t index_bursts_ = 0;
    Cycle rows_from_ = 0;
    bool rows_known_ = true;
    size_t beats_sent_ = 0;
};

}  // namespace tessera::test
