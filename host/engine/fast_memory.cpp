// SPDX-License-Identifier: MIT
#include "host/engine/fast_memory.h"

#include <algorithm>
#include <vector>

#include "host/engine/dram_bandwidth.h"
#include "hw_model/memory/dram_channels.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

/// A latency and a time per byte. What a DRAM moves either way shares its data bus.
class StreamMemory : public FastMemory {
  public:
    explicit StreamMemory(const hw::PlatformConfig& config) : bus_bytes_(config.params.bus_bytes) {
        const hw::MemoryConfig& memory = config.memory;
        if (memory.kind != "dram") {
            read_latency_ = memory.read_latency_cycles;
            write_latency = memory.write_latency_cycles;
            return;
        }
        const hw::DramTiming& t = memory.dram.timing;
        const double clocks = 1e3 * memory.dram.tCK_ps / config.cycle_fs;  // cycles per clock
        const double access = (t.nRCDRD + t.nCL + t.nBL) * clocks;
        read_latency_ = memory.request_cycles + memory.response_cycles + static_cast<Cycle>(access);
        write_latency = memory.request_cycles + memory.response_cycles;  // posted
        const double bytes_per_fs = stream_gb_per_s(memory.dram) * 1e-6;
        cycles_per_byte_ = config.devices / (bytes_per_fs * config.cycle_fs);
    }

    void read(Cycle taken, uint64_t, uint64_t bytes) override {
        reads.push_back(move(read_free_, write_free_, taken + read_latency_, bytes));
    }
    void write(Cycle taken, uint64_t, uint64_t bytes) override {
        writes.push_back(move(write_free_, read_free_, taken, bytes));
    }

    bool walk(hw::StateWalk& walk) override {
        if (cycles_per_byte_ != 0) return false;
        for (double* const free : {&read_free_, &write_free_}) {
            auto cycle = static_cast<Cycle>(*free);
            walk.cycle(cycle);
            *free = static_cast<double>(cycle);
        }
        return true;
    }

  private:
    /// The other direction is not made to wait until this one is done, it only loses the time that
    /// this one takes.
    Cycle move(double& free, double& other, Cycle ready, uint64_t bytes) const {
        const uint64_t beats = bytes / bus_bytes_;
        const double data = static_cast<double>(bytes) * cycles_per_byte_;
        free =
            std::max(free, static_cast<double>(ready)) + std::max(static_cast<double>(beats), data);
        other += data;
        return static_cast<Cycle>(free);
    }

    uint32_t bus_bytes_;
    Cycle read_latency_ = 0;
    double cycles_per_byte_ = 0;  ///< of a DRAM's data bus
    double read_free_ = 0, write_free_ = 0;
};

/// The channels themselves behind the interconnect of docs/contract/memory.md, simulated in steps
/// so short that nothing that comes of an answer reaches the controllers within the step.
class ChannelMemory : public FastMemory {
  public:
    explicit ChannelMemory(const hw::PlatformConfig& config)
        : config_(config.memory),
          bus_bytes_(config.params.bus_bytes),
          cycle_fs_(config.cycle_fs),
          clock_fs_(uint64_t{1000} * config_.dram.tCK_ps),
          step_(std::max<Cycle>(config_.request_cycles + config_.response_cycles, 1)),
          channels_(config_.dram),
          room_(config_.write_buffer_bytes) {
        write_latency = config_.request_cycles + config_.response_cycles;
    }

    void read(Cycle taken, uint64_t address, uint64_t bytes) override {
        if (idle()) simulated_ = std::max(simulated_, taken + config_.request_cycles);
        const uint64_t burst = send(taken, false, address, bytes);
        unanswered_.push_back(burst);
    }
    void write(Cycle taken, uint64_t address, uint64_t bytes) override {
        if (idle()) simulated_ = std::max(simulated_, taken + config_.request_cycles);
        waiting_.push_back({taken, true, address, bytes, 0});
        start_writes();
    }
    Cycle safe_until() const override {
        return idle() ? UINT64_MAX : simulated_ + step_ - config_.request_cycles - 1;
    }
    bool advance() override {
        if (idle()) return false;
        simulated_ += step_;
        const hw::Clock until = clock_at(simulated_);
        while (!incoming_.empty() && clock_at(incoming_.front().cycle) < until) {
            const Arrival& arrival = incoming_.front();
            channels_.arrive(arrival.write, arrival.address, arrival.bytes, arrival.burst,
                             clock_at(arrival.cycle));
            incoming_.pop_front();
        }
        columns_.clear();
        channels_.run(until, columns_, [](const auto&, const auto&) {});
        for (const hw::DramColumns& c : columns_) {
            Burst& burst = bursts_[c.user - first_burst_];
            burst.left -= c.count;
            burst.done = std::max(burst.done, c.done);
            if (burst.left == 0 && c.write) written_.push_back({burst.done, burst.bytes});
        }
        std::sort(written_.begin(), written_.end());
        for (const auto& [done, bytes] : written_)
            credits_.push_back({cycle_at(done) + config_.response_cycles, bytes});
        written_.clear();
        answer_reads();
        start_writes();
        while (!bursts_.empty() && bursts_.front().left == 0 &&
               (unanswered_.empty() || unanswered_.front() != first_burst_)) {
            bursts_.pop_front();
            ++first_burst_;
        }
        return true;
    }

  private:
    struct Burst {
        uint64_t bytes, left;  // left: transactions
        hw::Clock done;
    };
    struct Arrival {
        Cycle cycle;  // at the controllers; of a write that waits: taken
        bool write;
        uint64_t address, bytes, burst;
    };

    hw::Clock clock_at(Cycle cycle) const { return spec::divide_up(cycle * cycle_fs_, clock_fs_); }
    Cycle cycle_at(hw::Clock clock) const { return spec::divide_up(clock * clock_fs_, cycle_fs_); }
    bool idle() const { return bursts_.empty() && waiting_.empty(); }

    uint64_t send(Cycle last, bool write, uint64_t address, uint64_t bytes) {
        const uint64_t burst = first_burst_ + bursts_.size();
        bursts_.push_back({bytes, channels_.transactions(address, bytes), 0});
        const Arrival arrival{last + config_.request_cycles, write, address, bytes, burst};
        const auto later = [](const Arrival& a, const Arrival& b) {
            return a.cycle != b.cycle ? a.cycle < b.cycle : a.write < b.write;
        };
        incoming_.insert(std::upper_bound(incoming_.begin(), incoming_.end(), arrival, later),
                         arrival);
        return burst;
    }
    void answer_reads() {
        while (!unanswered_.empty()) {
            const Burst& burst = bursts_[unanswered_.front() - first_burst_];
            if (burst.left != 0) return;
            const Cycle first =
                std::max(cycle_at(burst.done) + config_.response_cycles, next_read_beat_);
            next_read_beat_ = first + burst.bytes / bus_bytes_;
            reads.push_back(next_read_beat_);
            unanswered_.pop_front();
        }
    }
    /// Writes cross when the buffer has room for them.
    void start_writes() {
        while (!waiting_.empty()) {
            const Arrival& write = waiting_.front();
            while (room_ < write.bytes && !credits_.empty()) {
                room_ += credits_.front().bytes;
                room_from_ = credits_.front().visible;
                credits_.pop_front();
            }
            if (room_ < write.bytes) return;
            room_ -= write.bytes;
            const Cycle first = std::max({write.cycle, next_write_beat_, room_from_});
            next_write_beat_ = first + write.bytes / bus_bytes_;
            writes.push_back(next_write_beat_);
            send(next_write_beat_ - 1, true, write.address, write.bytes);
            waiting_.pop_front();
        }
    }

    struct Credit {
        Cycle visible;
        uint64_t bytes;
    };
    const hw::MemoryConfig& config_;
    const uint32_t bus_bytes_;
    const uint64_t cycle_fs_, clock_fs_;
    const Cycle step_;
    hw::DramChannels channels_;
    std::deque<Burst> bursts_;  // those before first_burst_ are over
    uint64_t first_burst_ = 0;
    std::deque<uint64_t> unanswered_;  // reads
    std::deque<Arrival> incoming_;     // in order of cycle, reads first
    std::deque<Arrival> waiting_;      // writes without room
    std::deque<Credit> credits_;
    std::vector<std::pair<hw::Clock, uint64_t>> written_;
    std::vector<hw::DramColumns> columns_;
    Cycle simulated_ = 0;  // all that arrives at the controllers before this cycle
    Cycle next_read_beat_ = 0, next_write_beat_ = 0, room_from_ = 0;
    uint64_t room_;
};

}  // namespace

std::unique_ptr<FastMemory> fast_memory(const hw::PlatformConfig& config) {
    if (config.memory.kind == "dram" && config.devices == 1)
        return std::make_unique<ChannelMemory>(config);
    return std::make_unique<StreamMemory>(config);
}

}  // namespace tessera::host
