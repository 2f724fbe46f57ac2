// SPDX-License-Identifier: MIT
// The controller of docs/contract/memory.md clock by clock: every transaction by itself, every rule
// as the page says it. Slow. Knows nothing of the model's controller; what a DRAM allows it asks
// the checker.
#pragma once
#include <array>
#include <deque>
#include <vector>

#include "tests/support/dram_checker.h"
#include "tests/support/dram_log.h"

namespace tessera::test {

class ClockedDram {
  public:
    /// The requests, in order of clock, until `until`.
    ClockedDram(const hw::DramSpec& spec, const std::vector<DramRequest>& requests,
                hw::Clock until);

    const std::vector<hw::DramCommandRecord>& commands() const { return commands_; }
    /// Reads answered from the queue of writes.
    uint64_t forwarded() const { return forwarded_; }

  private:
    struct Transaction {
        hw::Clock arrived = 0, accepted = 0;
        hw::DramRun run;  // of one
    };
    using Queue = std::deque<Transaction>;  // oldest first

    void clock();
    void one_bus();
    void two_buses();
    void accept();
    bool held(const Transaction& read) const;
    void look();
    bool refresh_waits() const;
    bool try_refresh();
    bool try_activated();
    bool try_queue(bool columns, bool rows);
    bool open(const hw::DramRun& run, uint32_t& row) const;
    bool is_activated(const hw::DramRun& run) const;
    bool issue(hw::DramCommand command, const hw::DramRun& run);

    const hw::DramSpec spec_;
    const bool ramulator2_;
    DramChecker checker_;
    std::array<Queue, 2> outside_, queue_;  // reads, writes
    Queue activated_;                       // in order of their activates
    std::vector<hw::DramRun> open_;         // banks with an open row
    std::vector<hw::Clock> refresh_due_;    // of each pseudo-channel
    std::vector<hw::DramCommandRecord> commands_;
    hw::Clock now_ = 0;
    bool writes_first_ = false, started_ = false;
    uint64_t forwarded_ = 0;
};

}  // namespace tessera::test
