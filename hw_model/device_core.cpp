// SPDX-License-Identifier: MIT
#include "hw_model/device_core.h"

#include <initializer_list>

#include "hw_model/compute/score_stage.h"
#include "hw_model/compute/value_stage.h"
#include "hw_model/front/csr.h"
#include "hw_model/front/dispatch.h"
#include "hw_model/front/front_end.h"
#include "hw_model/load/load_engine.h"
#include "hw_model/memory/memory_port.h"
#include "hw_model/store/store_engine.h"

namespace tessera::hw {

void Core::fail(spec::ErrorCode code, uint32_t tag, Cycle cycle, ErrorSource source) {
    errors.post({code, tag, cycle, source});
    csr->error_latched(cycle + 1);
    for (DeviceUnit* unit : std::initializer_list<DeviceUnit*>{dispatch, load, score, value, store})
        unit->wake(cycle + 1);
}

void Core::wake_front_end(Cycle at) { front_end->wake(at); }

void Core::wake_for_abort(Cycle at) {
    if (errors.latched()) value->wake(at);
}

/// Clears everything but the contents of the banks. What the memory still owes is dropped.
void Core::reset(Cycle now) {
    reset_at_ = kNever;
    port->abandon();
    for (DeviceUnit* unit :
         std::initializer_list<DeviceUnit*>{csr, front_end, dispatch, load, score, value, store})
        unit->clear();
    scoreboard = Scoreboard();
    errors = ErrorLatch();
    counters = Counters();
    trace.reset(now);
}

void Core::released(Engine engine, Cycle visible_from) {
    if (engine != Engine::kLoad && load->waiting()) load->wake(visible_from);
    if (engine != Engine::kCompute) {
        if (score->waiting()) score->wake(visible_from);
        if (value->waiting()) value->wake(visible_from);
    }
    if (engine != Engine::kStore && store->waiting()) store->wake(visible_from);
}

}  // namespace tessera::hw
