// SPDX-License-Identifier: MIT
// Steps that take as long as one before. On a memory without a state of its own, whatever a step
// takes follows from its commands, up to the place of its tensors in a burst, and from where in a
// line of descriptors it begins. So a decoder's layers, alike in each token, are simulated once.
// Only where nothing but time is simulated.
#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "host/operation/operation.h"
#include "host/platform/counters.h"

namespace tessera::host {

/// What a step took.
struct StepTime {
    RunOutcome outcome;   ///< counters are of the step alone
    uint64_t cycles = 0;  ///< from the end of the step before
};

class StepTimes {
  public:
    /// All that the time of a step depends on, as a 128-bit hash.
    using Key = std::array<uint64_t, 2>;

    /// Can steps on such a machine be remembered? A memory without stalls or faults, no trace, and
    /// the device's model.
    static bool possible(const hw::PlatformConfig& config);

    /// Of a step that comes next, perhaps as the first of its program; nothing where something else
    /// may matter: a device that leaves merging to the processor, or rows that are gathered. A step
    /// that the processor does alone takes what its work takes.
    std::optional<Key> key(const Operation& operation, bool first,
                           const hw::PlatformConfig& config) const;
    /// What the step took before. Nothing if it has to be simulated: it is new, or it is one of a
    /// few that are simulated again, to be compared.
    const StepTime* known(const Key& key);
    /// Brings the device to where the next step begins in a line of descriptors, by FENCEs.
    /// `counters`: the device's.
    void align(Platform& platform, const fw::DriverConfig& driver, CounterValues& counters);
    /// A step has been simulated, or was known (`simulated` is false). std::logic_error if it was
    /// simulated again and took another time.
    void passed(const std::optional<Key>& key, const StepTime& time, bool simulated);
    /// The end of what was simulated last, a cycle of the platform.
    uint64_t last_end() const { return last_end_; }

  private:
    struct Known {
        StepTime time;
        uint64_t uses = 0;
    };
    std::map<Key, Known> known_;
    uint64_t descriptors_ = 0;  ///< of all steps
    uint64_t simulated_ = 0;    ///< that the device has had
    uint64_t last_end_ = 0;
    bool begun_ = false;  ///< the first step resets the device
};

}  // namespace tessera::host
