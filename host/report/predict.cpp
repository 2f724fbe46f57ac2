// SPDX-License-Identifier: MIT
#include "host/report/predict.h"

#include <algorithm>
#include <array>
#include <vector>

#include "firmware/sequencer.h"
#include "host/report/dram.h"
#include "spec/latency.h"

namespace tessera::host {
namespace {

using spec::Command;
using spec::Cycle;
using spec::Opcode;

/// A memory as a latency and a time per byte. What a DRAM moves either way shares its data bus.
class MemoryModel {
  public:
    explicit MemoryModel(const hw::PlatformConfig& config) : bus_bytes_(config.params.bus_bytes) {
        const hw::MemoryConfig& memory = config.memory;
        if (memory.kind != "dram") {
            read_latency_ = memory.read_latency_cycles;
            write_latency_ = memory.write_latency_cycles;
            return;
        }
        const hw::DramTiming& t = memory.dram.timing;
        const double clocks = 1e3 * memory.dram.tCK_ps / config.cycle_fs;  // cycles per clock
        const double access = (t.nRCDRD + t.nCL + t.nBL) * clocks;
        read_latency_ = memory.request_cycles + memory.response_cycles + static_cast<Cycle>(access);
        write_latency_ = memory.request_cycles + memory.response_cycles;  // posted
        const double bytes_per_fs = stream_gb_per_s(memory.dram) * 1e-6;
        cycles_per_byte_ = config.devices / (bytes_per_fs * config.cycle_fs);
    }

    Cycle read_latency() const { return read_latency_; }
    Cycle write_latency() const { return write_latency_; }
    /// Moves beats from `ready` on. Returns the cycle after the last.
    Cycle read(Cycle ready, uint64_t beats) { return move(read_free_, write_free_, ready, beats); }
    Cycle write(Cycle ready, uint64_t beats) { return move(write_free_, read_free_, ready, beats); }

  private:
    /// Commands come in the order of issue, not of time: the other direction is not made to wait
    /// until this one is done, it only loses the time that this one takes.
    Cycle move(double& free, double& other, Cycle ready, uint64_t beats) {
        const double data = static_cast<double>(beats) * bus_bytes_ * cycles_per_byte_;
        free =
            std::max(free, static_cast<double>(ready)) + std::max(static_cast<double>(beats), data);
        other += data;
        return static_cast<Cycle>(free);
    }

    uint32_t bus_bytes_;
    Cycle read_latency_ = 0, write_latency_ = 0;
    double cycles_per_byte_ = 0;  ///< of a DRAM's data bus
    double read_free_ = 0, write_free_ = 0;
};

/// When each engine is done with a bank, and when an engine takes its next command.
class Recurrence {
  public:
    explicit Recurrence(const hw::PlatformConfig& config)
        : p_(config.params), memory_(config), firmware_(config.firmware) {}

    void add(const Command& c) {
        dispatch(c);
        if (c.is_load())
            load(c);
        else if (c.opcode == Opcode::kAttend)
            attend(c);
        else if (c.is_store())
            store(c);
        else
            fence();
    }
    Prediction result() const {
        const uint64_t lines = (commands_ + spec::kLineDescriptors - 1) / spec::kLineDescriptors;
        return {fence_retired_, bytes_ + lines * spec::kLineBytes};
    }

  private:
    enum Engine { kLoad, kCompute, kStore };
    struct Bank {
        Cycle loaded = 0, used = 0, stored = 0;  ///< over, by engine: visible from then on
    };

    /// When the front end hands the command to its engine's queue.
    void dispatch(const Command& c) {
        // RING_TAIL moves by whole lines; the window of the counters opens with the first.
        if (commands_++ % spec::kLineDescriptors == 0 && commands_ != 1)
            published_ += spec::kLineDescriptors *
                              Cycle{firmware_.plan_cycles + firmware_.descriptor_cycles} +
                          spec::kCsrAccessCycles;
        const Cycle line = memory_.read_latency() + p_.beats(spec::kLineBytes) + 2;
        dispatched_ = std::max(published_ + line, dispatched_ + 1);
        const Engine engine = c.is_load() ? kLoad : c.opcode == Opcode::kAttend ? kCompute : kStore;
        // The queue has a place when the command so many before has started.
        Cycle& slot = started_[engine][number_[engine] % spec::kQueueDepth];
        dispatched_ = std::max(dispatched_, slot + 1);
        slot_ = &slot;
        ++number_[engine];
    }

    Bank& bank_of(const Command& c) {
        switch (c.opcode) {
            case Opcode::kLoadQ: return q_[c.q_bank];
            case Opcode::kLoadK: return k_[c.k_bank];
            case Opcode::kLoadV: return v_[c.v_bank];
            default: return state_[c.state_bank];
        }
    }

    void load(const Command& c) {
        Bank& bank = bank_of(c);
        const uint64_t row = p_.beats(spec::row_bytes(p_, c)), beats = row * c.rows;
        const bool gather = c.has(spec::kFlagGather);
        const bool linear = !gather && c.pitch == row * p_.bus_bytes;
        const uint64_t bursts =
            linear ? beats * p_.bus_bytes / spec::kReadBurstBytes + 1 : uint64_t{c.rows};
        Cycle start = std::max({dispatched_ + 1, addresses_free_, bank.used, bank.stored});
        *slot_ = start;
        if (gather) {
            const uint64_t list = p_.beats(uint64_t{4} * c.rows);
            start = memory_.read(start + 1 + memory_.read_latency(), list) + spec::kSinkCycles + 1;
            bytes_ += list * p_.bus_bytes;
        }
        addresses_free_ = start + bursts;
        const Cycle end = memory_.read(start + spec::kAcceptCycles + memory_.read_latency(), beats);
        bank.loaded = end + spec::kSinkCycles;
        retired_ = std::max(retired_, bank.loaded);
        bytes_ += beats * p_.bus_bytes;
    }

    /// docs/timing.md, section 4.
    void attend(const Command& c) {
        Bank &q = q_[c.q_bank], &k = k_[c.k_bank], &v = v_[c.v_bank], &s = state_[c.state_bank];
        Cycle score = std::max({dispatched_ + 1, q.loaded, k.loaded});
        for (uint32_t row = 0; row < c.rows; row += p_.group_rows()) {
            score = std::max({score, score_ + spec::group_cycles(p_, keys_before_),
                              value_before_ + 1 > spec::score_lead(p_)
                                  ? value_before_ + 1 - spec::score_lead(p_)
                                  : 0,
                              admitted_before_ + 1});
            if (row == 0) *slot_ = score;
            const Cycle admitted =
                std::max({score + 1, admitted_ + 1, v.loaded, s.loaded, s.stored});
            const Cycle value = std::max({score + spec::max_known_after(p_, c.keys), admitted + 1,
                                          value_ + spec::value_spacing(p_, keys_before_, c.keys)});
            if (row == 0) first_merged_ = value + spec::merge_write_after(p_, c.keys);
            admitted_before_ = admitted_;
            admitted_ = admitted;
            value_before_ = value_;
            value_ = value;
            score_ = score;
            keys_before_ = c.keys;
        }
        q.used = k.used = score_ + spec::score_release_after(p_, c.keys);
        v.used = value_ + spec::value_release_after(p_, c.keys);
        const uint32_t last_rows = (c.rows - 1) % p_.group_rows();
        s.used = value_ + spec::merge_write_after(p_, c.keys) + last_rows + 1;
        retired_ = std::max(retired_, s.used);
    }

    void store(const Command& c) {
        Bank& bank = state_[c.state_bank];
        const uint64_t beats = uint64_t{p_.beats(spec::row_bytes(p_, c))} * c.rows;
        const Cycle start =
            std::max({dispatched_ + 1, store_free_, first_merged_ + 1, bank.loaded});
        *slot_ = start;
        Cycle read = std::max(start + beats, bank.used + beats / c.rows);
        const Cycle end = memory_.write(start + spec::kStorePipeCycles, beats);
        const uint64_t fifo = spec::kStoreFifoBytes / p_.bus_bytes;
        if (end > fifo) read = std::max(read, end - fifo);  // no room in the FIFO before
        store_free_ = bank.stored = read;
        retired_ = std::max(retired_,
                            std::max(read + spec::kStorePipeCycles, end) + memory_.write_latency());
        bytes_ += beats * p_.bus_bytes;
    }

    void fence() {
        dispatched_ = std::max(dispatched_, retired_ + 1);
        *slot_ = dispatched_;
        fence_retired_ = dispatched_ + 1 + spec::kStorePipeCycles + spec::kAcceptCycles +
                         memory_.write_latency();
        dispatched_ = retired_ = fence_retired_;
        bytes_ += p_.bus_bytes;
    }

    const spec::DeviceParams& p_;
    MemoryModel memory_;
    const hw::FirmwareCosts& firmware_;
    uint64_t commands_ = 0, bytes_ = 0;
    Cycle published_ = 0;   ///< the device sees the descriptor's line
    Cycle dispatched_ = 0;  ///< of the latest command
    Cycle* slot_ = nullptr;
    std::array<std::array<Cycle, spec::kQueueDepth>, 3> started_{};
    std::array<uint64_t, 3> number_{};
    std::array<Bank, spec::kBanks> q_, k_, v_, state_;
    Cycle addresses_free_ = 0, store_free_ = 0;
    // Of the latest lane group, and of the one before.
    Cycle score_ = 0, admitted_ = 0, value_ = 0, admitted_before_ = 0, value_before_ = 0;
    uint32_t keys_before_ = 0;
    Cycle first_merged_ = 0;  ///< first row of the latest ATTEND
    Cycle retired_ = 0;       ///< everything so far
    Cycle fence_retired_ = 0;
};

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
    Recurrence recurrence(config);
    Command command;
    while (sequencer.next(command)) recurrence.add(command);
    recurrence.add(Command{});  // the driver's last FENCE
    Prediction prediction = recurrence.result();
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
