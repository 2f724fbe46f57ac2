// SPDX-License-Identifier: MIT
// One DRAM channel and its controller: FR-FCFS over a queue of reads and one of writes, all timing
// constraints, refresh. Event driven: run() jumps from command to command. docs/contract/memory.md
// has the rules; with the policy ramulator2 they are those of Ramulator 2.1 and were checked
// against it.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "hw_model/memory/dram_spec.h"

namespace tessera::hw {

inline constexpr Clock kNoClock = UINT64_MAX;

/// `count` transactions to neighbouring columns of one row, as good as one after the other.
struct DramRun {
    uint32_t pseudo_channel = 0, bank_group = 0, bank = 0, row = 0;
    bool write = false;
    uint32_t count = 1;
    uint64_t user = 0;    ///< the caller's own
    uint32_t column = 0;  ///< of the first; what forwarding looks at
};

/// The run of `count` transactions from `at` on.
inline DramRun run_at(const DramAddress& at, bool write, uint32_t count, uint64_t user) {
    return {at.pseudo_channel, at.bank_group, at.bank, at.row, write, count, user, at.column};
}

/// Column commands that were issued for a run, in order. Read data ends at `done`, a write is done
/// with its command. Or reads without a command, answered from the queue of writes.
struct DramColumns {
    uint64_t user = 0;
    uint32_t count = 0;
    Clock last = 0, done = 0;  ///< of the last of them; forwarded: accepted, answered
    bool write = false;
    bool forwarded = false;
};

enum class DramCommand : uint8_t { kActivate, kPrecharge, kPrechargeAll, kRefresh, kRead, kWrite };

/// A command on the channel's bus, for tests and traces.
struct DramCommandRecord {
    DramCommand command = DramCommand::kRead;
    Clock clock = 0;
    uint32_t pseudo_channel = 0, bank_group = 0, bank = 0, row = 0;
};

/// Counted by a channel since its start.
struct DramStats {
    uint64_t reads = 0, writes = 0;  ///< column commands
    uint64_t hits = 0, misses = 0,
             conflicts = 0;  ///< of them: row open, bank closed, other row open
    uint64_t activates = 0, precharges = 0, refreshes = 0;
    uint64_t refresh_clocks = 0;  ///< a pseudo-channel waiting for or in refresh
    uint64_t turnarounds = 0;     ///< data bus: read after write or write after read
    uint64_t forwarded = 0;       ///< reads answered from the queue of writes, without a command
    Clock last_data = 0;          ///< end of the last data on the bus
};

class DramChannel {
  public:
    explicit DramChannel(const DramSpec& spec);

    /// A run reaches the controller at `clock`, not before any other that did; what has no room in
    /// its queue waits outside.
    void arrive(const DramRun& run, Clock clock);
    /// Issue what is to be issued in clocks before `until`, given that all that arrives before
    /// `until` has been announced. Appends to `columns`.
    void run(Clock until, std::vector<DramColumns>& columns);
    /// Nothing but what arrives later can happen before this clock, as of the last run().
    Clock next_clock() const { return next_; }
    /// Nothing has arrived that is still without its column command.
    bool idle() const { return busy_ == 0 && arrivals_[0].empty() && arrivals_[1].empty(); }
    /// Transactions of one direction in the queue of kQueue.
    uint32_t queued(bool write) const { return queued_[write ? 1 : 0]; }

    const DramStats& stats() const { return stats_; }
    /// Every command from now on is appended to `log` (not owned; nullptr: stop).
    void record(std::vector<DramCommandRecord>* log) { log_ = log; }

    static constexpr uint32_t kQueue = 32;      ///< transactions of one direction
    static constexpr uint32_t kDrainFrom = 26;  ///< writes in the queue: they go first ...
    static constexpr uint32_t kDrainTo = 6;     ///< ... until no more than so many are left
    static constexpr Clock kForward = 1;        ///< from a read's acceptance to forwarded data

  private:
    static constexpr uint32_t kNone = UINT32_MAX;
    static constexpr uint32_t kClosed = UINT32_MAX;  // no row
    static constexpr uint64_t kNoAge = UINT64_MAX;

    struct Entry {
        DramRun run;       // what is left of it
        uint64_t age = 0;  // of its first transaction; each has a number of its own
        uint32_t next = kNone;
        uint64_t conflicted = kNoAge;        // age of the transaction that had to close another row
        std::array<Clock, kQueue> accepted;  // of each that is left, by age % kQueue

        Clock first_accepted() const { return accepted[age % kQueue]; }
        void note_accepted(uint64_t from_age, uint32_t more, Clock clock) {
            for (uint32_t i = 0; i < more; ++i) accepted[(from_age + i) % kQueue] = clock;
        }
    };
    /// Runs of one bank and direction in order of age, and the first of two kinds.
    struct BankQueue {
        uint32_t first = kNone, last = kNone;
        uint32_t hit = kNone, miss = kNone;
    };
    struct Bank {
        uint32_t row = kClosed;
        Clock read_ok = 0, write_ok = 0, precharge_ok = 0, activate_ok = 0;
        uint32_t activated = kNone;  // the transaction for which the row was opened
        uint64_t opened = 0;         // so many activates of the channel were before its row's
        std::array<BankQueue, 2> queue;
    };
    struct BankGroup {
        Clock read_ok = 0, write_ok = 0, activate_ok = 0;
    };
    struct Rank {  // a pseudo-channel
        Clock read_ok = 0, write_ok = 0, activate_ok = 0;
        std::array<Clock, 4> activates{kNoClock, kNoClock, kNoClock, kNoClock};  // the last four

        uint32_t next_activate = 0;
        Clock refresh_due = kNoClock;  // next multiple of nREFI, or the one being waited for
        uint32_t open = 0;             // banks with an open row
    };
    /// Columns of one bank's open row, one after the other.
    struct Stream {
        uint32_t bank, group, rank;
        uint32_t entry;
        uint64_t age;     // of the entry
        Clock next;       // earliest clock of the next column
        uint32_t issued;  // so many since flush(), the last in clock `last`
        Clock last;
    };
    enum class Kind : uint8_t { kNone, kActivated, kHit, kRow };
    struct Choice {
        Clock clock = kNoClock;
        Kind kind = Kind::kNone;
        uint64_t age = 0;
        uint32_t bank = 0, entry = kNone;
    };

    uint32_t bank_index(const DramRun& t) const {
        return (t.pseudo_channel * groups_per_rank_ + t.bank_group) * banks_per_group_ + t.bank;
    }
    uint32_t group_of(uint32_t bank) const { return bank / banks_per_group_; }
    uint32_t rank_of(uint32_t bank) const { return bank / banks_per_rank_; }

    void accept(std::vector<DramColumns>& columns);
    bool forwards(Clock arrived, const DramRun& run, uint32_t& count) const;
    Clock next_acceptance() const;
    /// Which way goes first, given what goes first now.
    uint32_t direction() const {
        const bool started = age_ != 0;
        if (direction_ != 0) return queued_[0] != 0 && queued_[1] <= kDrainTo ? 0 : 1;
        return queued_[1] >= kDrainFrom || (queued_[0] == 0 && started) ? 1 : 0;
    }
    /// Would direction() be the other after one more hit of what goes first now?
    bool turns_after_column() const {
        if (direction_ == 0) return queued_[0] == 1;
        return queued_[0] != 0 && queued_[1] == kDrainTo + 1;
    }
    bool looks_at_direction(bool activated) const;
    bool extend(const DramRun& run, uint32_t count);
    uint32_t new_entry(const DramRun& run, uint32_t count, uint64_t age, Clock accepted);
    void append(uint32_t bank, uint32_t entry);
    void take(uint32_t bank, uint32_t entry, uint32_t count);
    void unlink(uint32_t bank, uint32_t entry);
    void release(uint32_t bank, uint32_t entry);
    void find_candidates(Bank& bank);
    Clock column_clock(uint32_t bank, bool write) const;
    Clock activate_clock(uint32_t bank) const;
    Clock refresh_clock(uint32_t rank) const;
    void consider(Choice& best, Kind kind, Clock clock, uint32_t bank, uint32_t entry) const;
    void consider_row(Choice& best, uint32_t bank) const;
    Choice next_activated() const;
    Choice next_row() const;
    void choose();
    void choose_row_again();
    void arbitrate(bool& take_column, bool& take_row) const;
    void columns_issued(uint32_t bank, uint32_t entry, uint32_t count, Clock last,
                        std::vector<DramColumns>& columns);
    void issue_column(std::vector<DramColumns>& columns);
    void hit_taken(uint32_t bank, uint32_t entry);
    Clock find_streams();
    size_t next_stream(Clock& clock) const;
    void advance_streams(Stream& stream, Clock clock);
    void next_entry(size_t stream, std::vector<DramColumns>& columns);
    void flush(Stream& stream, std::vector<DramColumns>& columns);
    bool accept_streams();
    bool stream(Clock until, std::vector<DramColumns>& columns);
    void issue_row();
    void activate(uint32_t bank, uint32_t entry);
    void precharge(uint32_t bank, uint32_t entry);
    void issue_refresh(uint32_t rank);
    Clock advance_refreshes(bool& issued);
    void take_row_bus(uint32_t clocks);
    void note(DramCommand command, Clock clock, uint32_t bank);

    const DramSpec spec_;
    const uint32_t groups_per_rank_, banks_per_group_, banks_per_rank_;
    const uint32_t spacing_;  // of column commands to one bank group
    const bool two_buses_, forwarding_;
    const bool looks_again_;  // at the direction, between the two commands of a clock
    std::vector<Bank> banks_;
    std::vector<BankGroup> groups_;
    std::vector<Rank> ranks_;
    std::array<std::deque<std::pair<Clock, DramRun>>, 2> arrivals_;
    std::vector<Entry> entries_;
    std::vector<uint32_t> free_;
    std::vector<Stream> streams_;  // of stream()
    uint64_t busy_ = 0;            // bit b: something waits for bank b
    uint64_t activated_ = 0;       // bit b: bank b is activated
    std::array<uint32_t, 2> queued_{};
    bool refreshing_ = false;  // a refresh is due: nothing else but columns of opened rows
    uint32_t direction_ = 0;   // 1: writes go first
    uint64_t age_ = 0;
    bool chosen_ = false;  // column_ and row_ are what comes next unless something happens before
    Choice column_, row_;
    Clock refresh_next_ = kNoClock;  // a refresh becomes due or goes on
    Clock next_ = 0;
    Clock now_ = 0;  // everything before it has been issued
    Clock row_bus_ok_ = 0, column_bus_ok_ = 0;
    bool last_was_write_ = false;
    DramStats stats_;
    std::vector<DramCommandRecord>* log_ = nullptr;
};

}  // namespace tessera::hw
