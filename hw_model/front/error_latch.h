// SPDX-License-Identifier: MIT
// The sticky error register: the first error by cycle, then load < compute < store < dispatch <
// ring. Errors are often known before their cycle (a burst's schedule names its bad beat), so an
// earlier one may still replace one that is not visible yet.
#pragma once
#include "hw_model/core/cycle.h"
#include "spec/errors.h"

namespace tessera::hw {

enum class ErrorSource : uint32_t { kLoad, kCompute, kStore, kDispatch, kRing };

struct DeviceError {
    spec::ErrorCode code = spec::ErrorCode::kNone;
    uint32_t tag = 0;
    Cycle cycle = kNever;
    ErrorSource source = ErrorSource::kDispatch;
};

class ErrorLatch {
  public:
    void post(const DeviceError& error) {
        const bool first = error.cycle < error_.cycle ||
                           (error.cycle == error_.cycle && error.source < error_.source);
        if (first) error_ = error;
    }
    /// An error was latched before cycle `now`: nothing new starts.
    bool halted(Cycle now) const { return error_.cycle < now; }
    /// An error is known, if perhaps not visible yet.
    bool latched() const { return error_.cycle != kNever; }
    /// As registers show it in cycle `now`.
    DeviceError visible(Cycle now) const { return halted(now) ? error_ : DeviceError{}; }

  private:
    DeviceError error_;
};

}  // namespace tessera::hw
