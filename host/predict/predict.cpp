// SPDX-License-Identifier: MIT
#include "host/predict/predict.h"

#include <algorithm>
#include <vector>

#include "firmware/attention/sequencer.h"
#include "host/predict/predicted_device.h"

namespace tessera::host {
namespace {

/// Cycles of the processor to merge what a device leaves to firmware.
double merge_cycles(const std::vector<fw::AttentionJob>& jobs, const hw::PlatformConfig& config) {
    uint64_t elements = 0;
    fw::Planner planner(jobs.data(), static_cast<uint32_t>(jobs.size()), config.params.m);
    for (fw::Step step; planner.next(step);) {
        const fw::AttentionJob& job = planner.job();
        const bool scaled = job.sentinel.form != fw::SentinelForm::kNone;
        if (fw::is_partial(job, config.params, step))
            elements += uint64_t{step.q_rows} *
                        ((job.d_v + 1) * (scaled ? 2 : 1) + (step.last ? job.d_v : 0));
    }
    return static_cast<double>(elements) * config.firmware.merge_cycles_per_element;
}

Prediction predict_one(const Layout& layout, const hw::PlatformConfig& config) {
    const std::vector<fw::AttentionJob> jobs = layout.jobs();
    fw::Sequencer sequencer(jobs.data(), static_cast<uint32_t>(jobs.size()), config.params,
                            layout.driver.record_address);
    bool more = true;
    PredictedDevice device(config, layout.driver.ring_address, layout.driver.ring_descriptors,
                           [&](spec::Command& command) {
                               if (!more) return false;
                               more = sequencer.next(command);
                               if (!more) command = {};  // the driver's last FENCE
                               return true;
                           });
    device.run();
    Prediction prediction{device.cycles(), device.bytes()};
    // Merging and the device's work overlap, but for a batch at either end.
    if (sequencer.partials() != 0)
        prediction.cycles =
            std::max(prediction.cycles, static_cast<uint64_t>(merge_cycles(jobs, config)));
    return prediction;
}

}  // namespace

Prediction predict(const Layout& layout, const hw::PlatformConfig& config) {
    Prediction all;
    for (uint32_t i = 0; i < config.devices; ++i) {
        const Prediction one = predict_one(layout.of_device(i), config);
        all.cycles = std::max(all.cycles, one.cycles);
        all.bytes += one.bytes;
    }
    return all;
}

}  // namespace tessera::host
