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

namespace {

Engine engine_of(Opcode opcode) {
    switch (opcode) {
        case Opcode::kAttend: return Engine::kCompute;
        case Opcode::kStoreO:
        case Opcode::kStoreState:
        case Opcode::kFence: return Engine::kStore;
        default: return Engine::kLoad;
    }
}

}  // namespace

uint64_t Dispatch::outstanding(Cycle now) const {
    return state_.total.get(now) - core_.load->retired().count(now) -
           core_.value->retired().count(now) - core_.store->retired().count(now);
}

bool Dispatch::fence_waiting(Cycle now) const {
    if (core_.errors.halted(now)) return false;
    if (state_.fence == Fence::kUnderWay &&
        core_.store->retired().when(state_.sent[static_cast<size_t>(Engine::kStore)]) > now)
        return true;
    // What was dispatched in this cycle is still the head that others see.
    if (state_.last_dispatch == now || !core_.csr->enabled(now)) return false;
    const spec::Descriptor* head = core_.front_end->head(now);
    return head != nullptr && spec::decode(*head).opcode == Opcode::kFence &&
           spec::check(core_.params, *head) == spec::ErrorCode::kNone;
}

void Dispatch::act(Cycle now) {
    check_watchdog(now);
    if (core_.errors.halted(now) || !core_.csr->enabled(now) || state_.last_dispatch == now) return;
    if (dispatch_one(now)) {
        state_.last_dispatch = now;
        wake(now + 1);
    }
}

bool Dispatch::dispatch_one(Cycle now) {
    state_.blocked = false;
    if (state_.fence == Fence::kUnderWay) {
        const Cycle retired =
            core_.store->retired().when(state_.sent[static_cast<size_t>(Engine::kStore)]);
        if (retired > now) {
            wake(retired);
            return false;
        }
        state_.fence = Fence::kNone;
    }
    const spec::Descriptor* descriptor = core_.front_end->head(now);
    if (descriptor == nullptr) return false;
    Dispatched d;
    d.command = spec::decode(*descriptor);
    const spec::ErrorCode error = spec::check(core_.params, *descriptor, state_.identity);
    if (error != spec::ErrorCode::kNone) {
        core_.fail(error, d.command.tag, now, ErrorSource::kDispatch);
        return false;
    }
    if (d.command.opcode == Opcode::kFence && !fence_granted(now)) return false;
    const Engine engine = engine_of(d.command.opcode);
    CommandQueue& queue = engine == Engine::kLoad      ? core_.load->queue()
                          : engine == Engine::kCompute ? core_.score->queue()
                                                       : core_.store->queue();
    if (queue.full(now)) {
        state_.blocked = true;
        wake(queue.room_from());
        return false;
    }
    take_tickets(d);
    state_.identity.dispatched(d.command);
    d.number = state_.number++;
    d.visible_from = now + 1;
    if (outstanding(now) == 0) state_.watch_from = now;
    ++state_.sent[static_cast<size_t>(engine)];
    state_.total.set(state_.total.latest() + 1, now, now + 1);
    core_.trace.dispatched(d.command, d.number, now);
    if (d.command.opcode == Opcode::kFence) state_.fence = Fence::kUnderWay;
    queue.push(std::move(d));
    Unit* const units[kEngines] = {core_.load, core_.score, core_.store};
    units[static_cast<size_t>(engine)]->wake(now + 1);
    core_.front_end->pop(now);
    core_.csr->set_head(state_.number, now);
    check_watchdog(now);
    return true;
}

/// Have all earlier commands retired? If the cycle is known, comes back then.
bool Dispatch::fence_granted(Cycle now) {
    state_.fence = Fence::kAtHead;
    const Cycle granted = std::max({core_.load->retired().when(state_.sent[0]),
                                    core_.value->retired().when(state_.sent[1]),
                                    core_.store->retired().when(state_.sent[2])});
    if (granted <= now) return true;
    wake(granted);
    return false;
}

void Dispatch::take_tickets(Dispatched& d) {
    const auto take = [&](Engine engine, BankKind kind) {
        d.ticket(kind) = core_.scoreboard.take(engine, d.bank(kind));
    };
    switch (d.command.opcode) {
        case Opcode::kLoadQ: take(Engine::kLoad, BankKind::kQ); break;
        case Opcode::kLoadK: take(Engine::kLoad, BankKind::kK); break;
        case Opcode::kLoadV: take(Engine::kLoad, BankKind::kV); break;
        case Opcode::kLoadState: take(Engine::kLoad, BankKind::kState); break;
        case Opcode::kAttend:
            for (const BankKind kind : {BankKind::kQ, BankKind::kK, BankKind::kV, BankKind::kState})
                take(Engine::kCompute, kind);
            break;
        case Opcode::kStoreO:
        case Opcode::kStoreState: take(Engine::kStore, BankKind::kState); break;
        case Opcode::kFence: break;
    }
}

void Dispatch::on_retired(Cycle cycle) {
    if (state_.fence != Fence::kNone || state_.overslept) wake(cycle + 1);
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
