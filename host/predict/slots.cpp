// SPDX-License-Identifier: MIT
#include "host/predict/slots.h"

#include "firmware/merge/sentinel.h"
#include "firmware/plan/planner.h"
#include "spec/integers.h"

namespace tessera::host {

SlotPlace SlotPacker::place() {
    if (calls_ == 0 || used_ == slots_.count()) {
        ++calls_;
        used_ = 0;
    }
    const SlotPlace place{calls_ - 1, static_cast<uint32_t>(used_ % slots_.heads),
                          static_cast<uint32_t>(used_ / slots_.heads)};
    ++used_;
    ++placed_;
    return place;
}

SlotPacker pack_calls(const std::vector<fw::AttentionJob>& jobs, uint32_t m, const Slots& slots) {
    SlotPacker packer(slots);
    fw::Planner planner(jobs.data(), static_cast<uint32_t>(jobs.size()), m);
    for (fw::Step step; planner.next(step);)
        for (uint32_t n = fw::sentinel_passes(planner.job().sentinel.form); n != 0; --n)
            packer.place();
    return packer;
}

uint64_t packed_calls_formula(uint64_t calls, const Slots& slots) {
    return spec::divide_up(calls, slots.count());
}

}  // namespace tessera::host
