// SPDX-License-Identifier: MIT
// The one place where device cycles become SystemC time. A cycle is 1 ns of simulated time whatever
// the device clock is; real time is the host's business.
#pragma once
#include <systemc>

#include "hw_model/core/cycle.h"

namespace tessera::hw {

inline sc_core::sc_time to_time(Cycle cycles) {
    static const sc_core::sc_time kPeriod(1, sc_core::SC_NS);
    return kPeriod * static_cast<double>(cycles);
}
inline Cycle to_cycle(const sc_core::sc_time& time) {
    static const uint64_t kPeriod = to_time(1).value();
    return time.value() / kPeriod;
}
/// How far the process that runs is ahead of the SystemC kernel: a device goes on by itself as long
/// as no other process has anything to do (device_process.h). 0 in all other processes.
inline Cycle cycles_ahead = 0;
/// The cycle of the SystemC kernel.
inline Cycle systemc_cycle() { return to_cycle(sc_core::sc_time_stamp()); }
inline Cycle now_cycle() { return systemc_cycle() + cycles_ahead; }

}  // namespace tessera::hw
