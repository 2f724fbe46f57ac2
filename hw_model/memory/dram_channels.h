// SPDX-License-Identifier: MIT
// All channels of a DRAM. Those that have had the same traffic so far are in the same state: one of
// each such class is simulated, and its columns count for all. An arrival that tells channels of a
// class apart splits it.
#pragma once
#include <memory>
#include <vector>

#include "hw_model/memory/dram_channel.h"

namespace tessera::hw {

class DramChannels {
  public:
    explicit DramChannels(const DramSpec& spec);

    size_t count() const { return ranges_.size(); }
    /// Transactions of a burst, in all channels.
    uint64_t transactions(uint64_t address, uint64_t bytes) const;
    /// A burst reaches the controllers at `clock`: each channel gets its part. As
    /// DramChannel::arrive().
    void arrive(bool write, uint64_t address, uint64_t bytes, uint64_t user, Clock clock);
    /// As DramChannel::run() of all that are not idle. `visit(channels, columns)` is told of what
    /// was issued in each of these channels; appended to `columns` is that of all together.
    template <typename Visit>
    void run(Clock until, std::vector<DramColumns>& columns, const Visit& visit) {
        for (const Class& one : classes_) {
            if (one.channel->idle()) continue;
            const size_t first = columns.size();
            one.channel->run(until, columns);
            for (size_t i = first; i < columns.size(); ++i) {
                visit(one.members, columns[i]);
                columns[i].count *= static_cast<uint32_t>(one.members.size());
            }
        }
    }
    bool idle() const;
    /// As DramChannel::next_clock() of those that are not idle; kNoClock if all are.
    Clock next_clock() const;
    /// Of each channel, at `until`: refreshes of idle ones are issued.
    std::vector<DramStats> stats(Clock until);
    /// Classes, of which each is simulated once.
    size_t classes() const { return classes_.size(); }

  private:
    struct Class {
        std::unique_ptr<DramChannel> channel;
        std::vector<uint32_t> members;  ///< their numbers
    };
    void split();

    const DramMap map_;
    std::vector<DramMap::Range> ranges_;  ///< of the arrival, in each channel
    std::vector<Class> classes_;
};

}  // namespace tessera::hw
