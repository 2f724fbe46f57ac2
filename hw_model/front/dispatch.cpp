// SPDX-License-Identifier: MIT
#include "hw_model/front/dispatch.h"

#include <algorithm>

#include "hw_model/compute/score_stage.h"
#include "hw_model/compute/value_stage.h"
#include "hw_model/front/csr.h"
#include "hw_model/front/front_end.h"
#include "hw_model/load/load_engine.h"
#include "hw_model/store/store_engine.h"

namespace tessera::hw {

using spec::Opcode;

uint64_t Dispatch::outstanding(Cycle now) const {
    return state_.total.get(now) - core_.load->retired().count(now) -
           core_.value->retired().count(now) - core_.store->retired().count(now);
}

bool Dispatch::fence_waiting(Cycle now) const {
    if (core_.errors.halted(now)) return false;
    if (state_.timing.fence_retired(core_.store->retired()) > now) return true;
    // What was dispatched in this cycle is still the head that others see.
    if (state_.timing.from > now || !core_.csr->enabled(now)) return false;
    const spec::Descriptor* head = core_.front_end->head(now);
    return head != nullptr && spec::decode(*head).opcode == Opcode::kFence &&
           spec::check(core_.params, *head) == spec::ErrorCode::kNone;
}

void Dispatch::act(Cycle now) {
    check_watchdog(now);
    if (core_.errors.halted(now) || !core_.csr->enabled(now) || state_.timing.from > now) return;
    if (dispatch_one(now)) wake(now + 1);
}

bool Dispatch::dispatch_one(Cycle now) {
    state_.blocked = state_.fence_at_head = false;
    const Cycle fence_retired = state_.timing.fence_retired(core_.store->retired());
    if (fence_retired > now) {
        wake(fence_retired);
        return false;
    }
    const spec::Descriptor* descriptor = core_.front_end->head(now);
    if (descriptor == nullptr) return false;
    Dispatched d;
    d.command = spec::decode(*descriptor);
    const Opcode opcode = d.command.opcode;
    const spec::ErrorCode error = spec::check(core_.params, *descriptor, state_.identity);
    if (error != spec::ErrorCode::kNone) {
        core_.fail(error, d.command.tag, now, ErrorSource::kDispatch);
        return false;
    }
    DeviceUnit* const units[kEngines] = {core_.load, core_.score, core_.store};
    CommandQueue* const queues[kEngines] = {&core_.load->queue(), &core_.score->queue(),
                                            &core_.store->queue()};
    const size_t engine = static_cast<size_t>(DispatchTiming::engine_of(opcode));
    const Cycle at = state_.timing.next(
        opcode, *queues[engine],
        {&core_.load->retired(), &core_.value->retired(), &core_.store->retired()});
    if (at > now) {
        state_.blocked = queues[engine]->full(now);
        state_.fence_at_head = opcode == Opcode::kFence;
        wake(at);
        return false;
    }
    state_.identity.dispatched(d.command);
    d.number = state_.number++;
    if (outstanding(now) == 0) state_.watch_from = now;
    state_.total.set(state_.total.latest() + 1, now, now + 1);
    core_.trace.dispatched(d.command, d.number, now);
    state_.timing.dispatch(std::move(d), core_.scoreboard, *queues[engine], now);
    units[engine]->wake(now + 1);
    core_.front_end->pop(now);
    core_.csr->set_head(state_.number, now);
    check_watchdog(now);
    return true;
}

void Dispatch::on_retired(Cycle cycle) {
    if (state_.timing.fenced || state_.fence_at_head || state_.overslept) wake(cycle + 1);
    state_.retired.insert(std::upper_bound(state_.retired.begin(), state_.retired.end(), cycle),
                          cycle);
}

/// docs/contract/device.md, section 8: latched in the cycle in which `limit` cycles have passed
/// since the last retirement, or since the first dispatch into an idle device, with commands
/// outstanding.
void Dispatch::check_watchdog(Cycle now) {
    while (state_.retired.size() > 1 && state_.retired[1] < now) state_.retired.pop_front();
    state_.overslept = false;
    const uint32_t limit = core_.csr->watchdog(now);
    if (limit == 0 || state_.watch_from == kNever || core_.errors.halted(now)) return;
    Cycle base = state_.watch_from;
    if (!state_.retired.empty() && state_.retired.front() < now)
        base = std::max(base, state_.retired.front());
    const Cycle deadline = base + 1 + limit;
    if (now < deadline) {
        wake(deadline);
    } else if (now == deadline && outstanding(now) != 0) {
        core_.fail(spec::ErrorCode::kWatchdog, 0, now, ErrorSource::kDispatch);
    } else if (now > deadline) {
        state_.overslept = true;
        const auto next = std::lower_bound(state_.retired.begin(), state_.retired.end(), now);
        if (next != state_.retired.end()) wake(*next + 1);
    }
}

}  // namespace tessera::hw
