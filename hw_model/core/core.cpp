// SPDX-License-Identifier: MIT
#include "hw_model/core/core.h"

#include "hw_model/compute/score_stage.h"
#include "hw_model/compute/value_stage.h"
#include "hw_model/front/csr.h"
#include "hw_model/front/dispatch.h"
#include "hw_model/front/front_end.h"
#include "hw_model/load/load_engine.h"
#include "hw_model/store/store_engine.h"

namespace tessera::hw {

void Core::fail(spec::ErrorCode code, uint32_t tag, Cycle cycle, ErrorSource source) {
    errors.post({code, tag, cycle, source});
    csr->error_latched(cycle + 1);
    for (Unit* unit :
         {static_cast<Unit*>(dispatch), static_cast<Unit*>(load), static_cast<Unit*>(score),
          static_cast<Unit*>(value), static_cast<Unit*>(store)})
        unit->wake(cycle + 1);
}

void Core::wake_front_end(Cycle at) { front_end->wake(at); }

void Core::wake_for_abort(Cycle at) {
    if (errors.latched()) value->wake(at);
}

void Core::clear_counters() {
    counters.clear();
    load->clear_activity();
    score->clear_activity();
    value->clear_activity();
    store->clear_activity();
}

void Core::release(Engine engine, BankId bank, Cycle visible_from, Cycle now) {
    scoreboard.release(engine, bank, visible_from, now);
    if (engine != Engine::kLoad && load->waiting()) load->wake(visible_from);
    if (engine != Engine::kCompute) {
        if (score->waiting()) score->wake(visible_from);
        if (value->waiting()) value->wake(visible_from);
    }
    if (engine != Engine::kStore && store->waiting()) store->wake(visible_from);
}

}  // namespace tessera::hw
