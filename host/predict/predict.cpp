// SPDX-License-Identifier: MIT
#include "host/predict/predict.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "firmware/attention/sequencer.h"
#include "firmware/cover/cover_sequencer.h"
#include "firmware/gemm/gemm_sequencer.h"
#include "firmware/merge/partial.h"
#include "firmware/merge/row_merger.h"
#include "firmware/runner/work.h"
#include "host/engine/fast_device.h"
#include "host/operation/approximate.h"
#include "host/operation/cover_layout.h"

namespace tessera::host {
namespace {

/// Elements of partial results that firmware merges, batch by batch.
class MergeBatches {
  public:
    void add(uint64_t elements) {
        if (partials_++ % fw::kMergeBatch == 0) elements_.push_back(0);
        elements_.back() += elements;
    }
    /// Cycles of the processor for each.
    std::vector<hw::Cycle> cycles(const hw::FirmwareCosts& costs) const {
        std::vector<hw::Cycle> cycles;
        for (const uint64_t elements : elements_)
            cycles.push_back(static_cast<hw::Cycle>(static_cast<double>(elements) *
                                                    costs.merge_cycles_per_element));
        return cycles;
    }

  private:
    uint64_t partials_ = 0;
    std::vector<uint64_t> elements_;
};

MergeBatches merge_batches(const std::vector<fw::AttentionJob>& jobs,
                           const spec::DeviceParams& device) {
    MergeBatches batches;
    fw::Planner planner(jobs.data(), static_cast<uint32_t>(jobs.size()), device.m);
    for (fw::Step step; planner.next(step);) {
        const fw::AttentionJob& job = planner.job();
        if (!fw::is_partial(job, device, step)) continue;
        uint64_t elements = fw::merged_elements(step.q_rows, job.d_v, fw::finishes(job, step));
        if (job.sentinel.form != fw::SentinelForm::kNone)
            elements += fw::merged_elements(step.q_rows, job.d_v, false);
        batches.add(elements);
    }
    return batches;
}

MergeBatches merge_batches(const fw::CoverJob& job, const spec::DeviceParams& device) {
    MergeBatches batches;
    fw::CoverPlanner planner(job);
    for (fw::CoverStep step; planner.next(step);) {
        if (!fw::is_partial(device, step)) continue;
        uint64_t elements = 0;
        for (uint32_t n = 0; n < job.lines[step.line].groups;) {
            const fw::CoverRun run = planner.run(step.line, n, true);
            elements += fw::merged_elements(run.rows, job.attention.d_v, run.last);
            n += run.groups;
        }
        batches.add(elements);
    }
    return batches;
}

template <typename Sequencer>
Prediction predict_commands(Sequencer sequencer, const MergeBatches& batches,
                            const fw::DriverConfig& driver, const hw::PlatformConfig& config,
                            const JobStart& start) {
    FastDevice device(config,
                      {driver.ring_address, driver.ring_descriptors, start.submitted, start.cycle,
                       start.ring_open},
                      std::make_unique<Submitted<Sequencer>>(std::move(sequencer)),
                      batches.cycles(config.firmware));
    device.fast_forward();
    device.run();
    return {device.cycles(), device.bytes(), device.calls(), device.commands(), device.retired()};
}

/// Commands of a job that has none.
struct NoCommands {
    static bool next(spec::Command&) { return false; }
    static uint64_t partials() { return 0; }
};

Prediction predict_one(const Layout& layout, const hw::PlatformConfig& config,
                       const JobStart& start) {
    const spec::DeviceParams& device = config.params;
    const uint64_t record = layout.driver.record_address;
    if (layout.cover) {
        const fw::CoverJob job = cover_job(layout);
        return predict_commands(fw::CoverSequencer(job, device, record), merge_batches(job, device),
                                layout.driver, config, start);
    }
    const std::vector<fw::AttentionJob> jobs = layout.jobs();
    Prediction prediction = predict_commands(
        fw::Sequencer(jobs.data(), static_cast<uint32_t>(jobs.size()), device, record),
        merge_batches(jobs, device), layout.driver, config, start);
    if (layout.remainder) {  // is merged at the end, and a FENCE behind that
        const auto cycles =
            static_cast<uint64_t>(static_cast<double>(remainder_work(layout).elements) *
                                  config.firmware.merge_cycles_per_element);
        prediction.cycles += cycles;
        prediction.retired += cycles;
        ++prediction.commands;
        prediction.bytes += spec::kLineBytes + device.bus_bytes;
    }
    return prediction;
}

}  // namespace

Prediction predict(const GemmLayout& layout, const hw::PlatformConfig& config,
                   const JobStart& start) {
    const fw::PlainWork work(fw::GemmSequencer(layout.job, config.params));
    return predict_commands(work, {}, layout.driver, config, start);
}

Prediction predict_fence(const fw::DriverConfig& driver, const hw::PlatformConfig& config,
                         const JobStart& start) {
    return predict_commands(NoCommands(), {}, driver, config, start);
}

Prediction predict(const Layout& layout, const hw::PlatformConfig& config, const JobStart& start) {
    Prediction all;
    for (uint32_t i = 0; i < config.devices; ++i) {
        const Prediction one = predict_one(layout.of_device(i), config, start);
        all.cycles = std::max(all.cycles, one.cycles);
        all.retired = std::max(all.retired, one.retired);
        all.bytes += one.bytes;
        all.calls += one.calls;
        all.commands += one.commands;
    }
    return all;
}

}  // namespace tessera::host
