// SPDX-License-Identifier: MIT
// What the units of one device share: parameters, tickets, banks, counters, the error latch, and
// each other (to be woken). It is the one hub between the folders: a unit includes it and, in its
// source, the units that it talks to.
#pragma once
#include "hw_model/compute/banks.h"
#include "hw_model/compute/tile_worker.h"
#include "hw_model/core/trace_log.h"
#include "hw_model/device_process.h"
#include "hw_model/front/counters.h"
#include "hw_model/front/error_latch.h"
#include "hw_model/front/scoreboard.h"

namespace tessera::hw {

class Csr;
class FrontEnd;
class Dispatch;
class LoadEngine;
class ScoreStage;
class ValueStage;
class StoreEngine;
class MemoryPort;

struct Core {
    Core(const spec::DeviceParams& p, bool timing, uint64_t trace_commands)
        : params(p),
          timing_only(timing),
          process("process"),
          banks(p),
          worker(p, banks),
          trace(p, trace_commands) {}

    const spec::DeviceParams params;
    const bool timing_only;
    DeviceProcess process;
    Banks banks;
    TileWorker worker;
    Scoreboard scoreboard;
    Counters counters;
    TraceLog trace;
    ErrorLatch errors;

    Csr* csr = nullptr;
    FrontEnd* front_end = nullptr;
    Dispatch* dispatch = nullptr;
    LoadEngine* load = nullptr;
    ScoreStage* score = nullptr;
    ValueStage* value = nullptr;
    StoreEngine* store = nullptr;
    MemoryPort* port = nullptr;

    /// Latch an error, tell the CSR, and let every unit see from the next cycle on that it is
    /// halted.
    void fail(spec::ErrorCode code, uint32_t tag, Cycle cycle, ErrorSource source);
    void wake_front_end(Cycle at);
    /// Soft reset, at the very beginning of cycle `at`.
    void reset_at(Cycle at) { reset_at_ = at; }
    /// Every unit asks before it does anything (device_unit.h), for nothing may happen in the first
    /// cycle in which the reset is visible.
    void reset_if_due(Cycle now) {
        if (now == reset_at_) reset(now);
    }
    /// A command is seen to be over from `at` on: after an error, a lane group that waits in vain
    /// looks again.
    void wake_for_abort(Cycle at);
    /// `engine` has released a bank, visible from a cycle on: whoever waits for one is woken then.
    void released(Engine engine, Cycle visible_from);

  private:
    void reset(Cycle now);
    Cycle reset_at_ = kNever;
};

}  // namespace tessera::hw
