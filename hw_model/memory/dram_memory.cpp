// SPDX-License-Identifier: MIT
#include "hw_model/memory/dram_memory.h"

#include <algorithm>

#include "spec/integers.h"

namespace tessera::hw {

using spec::divide_up;

DramMemory::DramMemory(const sc_core::sc_module_name& name, const MemoryConfig& config,
                       uint32_t devices, MemoryImage& image, uint32_t cycle_fs)
    : Memory(name, config, devices, image),
      cycle_fs_(cycle_fs),
      clock_fs_(uint64_t{1000} * config.dram.tCK_ps),
      channels_(config.dram),
      ports_(devices) {
    for (Port& port : ports_) port.room = config.write_buffer_bytes;
    bytes_.resize(channels_.count());
    for (uint32_t device = 0; device < devices; ++device)
        for (const bool write : {false, true}) {
            for (const AddressRange& range : config.streams)
                streams_.push_back({device, write, range.name, 0, {}});
            streams_.push_back({device, write, "other", 0, {}});
        }
}

/// Where a burst is counted.
MemoryStream& DramMemory::stream(const tlm::tlm_generic_payload& payload, uint32_t device) {
    const size_t kinds = config_.streams.size() + 1;
    const uint64_t address = payload.get_address();
    size_t kind = 0;
    while (kind + 1 < kinds &&
           !(address >= config_.streams[kind].begin && address < config_.streams[kind].end))
        ++kind;
    return streams_[(2 * device + (payload.is_write() ? 1 : 0)) * kinds + kind];
}

/// The first DRAM clock that begins in device cycle `cycle` or later, and the other way round.
Clock DramMemory::clock_at(Cycle cycle) const { return divide_up(cycle * cycle_fs_, clock_fs_); }
Cycle DramMemory::cycle_at(Clock clock) const { return divide_up(clock * clock_fs_, cycle_fs_); }

uint32_t DramMemory::new_burst(uint32_t device) {
    if (free_.empty()) {
        free_.push_back(static_cast<uint32_t>(bursts_.size()));
        bursts_.emplace_back();
    }
    const uint32_t burst = free_.back();
    free_.pop_back();
    bursts_[burst] = Burst();
    bursts_[burst].device = device;
    return burst;
}

/// On its way to the controllers: in order of arrival, reads before writes of the same cycle.
void DramMemory::send(const Arrival& arrival) {
    bursts_[arrival.burst].left += channels_.transactions(arrival.address, arrival.bytes);
    const auto later = [](const Arrival& a, const Arrival& b) {
        return a.cycle != b.cycle ? a.cycle < b.cycle : a.write < b.write;
    };
    incoming_.insert(std::upper_bound(incoming_.begin(), incoming_.end(), arrival, later), arrival);
}

void DramMemory::request(tlm::tlm_generic_payload& payload, BurstExtension& extension, uint64_t,
                         Cycle accepted) {
    Port& port = ports_[extension.device];
    extension.schedule.beats.clear();
    if (payload.is_write()) {
        const Waiting write{&payload, &extension, accepted};
        if (port.writes.empty() && start_write(port, write)) return;
        // Perhaps only what we have not looked at yet has made room.
        const Cycle now = now_cycle();
        simulate(now);
        port.writes.push_back(write);
        start_writes(port);
        wake(next_look(now));
        return;
    }
    const uint32_t burst = new_burst(extension.device);
    bursts_[burst].payload = &payload;
    bursts_[burst].extension = &extension;
    bursts_[burst].accepted = accepted;
    bursts_[burst].stream = &stream(payload, extension.device);
    port.reads.push_back(burst);
    const Cycle arrival = accepted + config_.request_cycles;
    send({arrival, false, payload.get_address(), payload.get_data_length(), burst});
    wake(read_known_at(clock_at(arrival)));
}

/// Schedules the beats of a write if it is known when the buffer has room for it.
bool DramMemory::start_write(Port& port, const Waiting& write) {
    const uint64_t address = write.payload->get_address();
    const uint64_t bytes = write.payload->get_data_length();
    while (port.room < bytes && !port.credits.empty()) {
        port.room += port.credits.front().bytes;
        port.room_from = port.credits.front().visible;
        port.credits.pop_front();
    }
    if (port.room < bytes) return false;
    port.room -= bytes;
    BurstExtension& e = *write.extension;
    BurstSchedule& s = e.schedule;
    s.first = std::max({write.accepted, port.next_write_beat, port.room_from});
    s.last = s.first + e.beats - 1;
    s.response = s.last + config_.request_cycles + config_.response_cycles;
    port.next_write_beat = s.last + 1;
    MemoryStream& counted = stream(*write.payload, e.device);
    counted.latency.add(s.response - write.accepted);
    counted.bytes += bytes;
    const uint32_t burst = new_burst(e.device);
    bursts_[burst].bytes = bytes;
    send({s.last + config_.request_cycles, true, address, bytes, burst});
    answer(*write.payload);
    return true;
}

void DramMemory::start_writes(Port& port) {
    while (!port.writes.empty() && start_write(port, port.writes.front())) port.writes.pop_front();
}

/// All that can be known in cycle `now`: what is taken later reaches the controllers later. From
/// one device a request comes in the cycle before it is taken, through an arbiter in that cycle.
void DramMemory::simulate(Cycle now) {
    const Cycle unknown = ports_.size() == 1 ? now + 1 : now;
    run_until(clock_at(unknown + config_.request_cycles));
}

void DramMemory::run_until(Clock until) {
    simulated_ = until;
    while (!incoming_.empty() && clock_at(incoming_.front().cycle) < until) {
        const Arrival& arrival = incoming_.front();
        channels_.arrive(arrival.write, arrival.address, arrival.bytes, arrival.burst,
                         clock_at(arrival.cycle));
        incoming_.pop_front();
    }
    columns_.clear();
    const uint64_t transaction = config_.dram.organisation.transaction_bytes;
    channels_.run(until, columns_,
                  [&](const std::vector<uint32_t>& channels, const DramColumns& columns) {
                      if (columns.forwarded) return;
                      for (const uint32_t channel : channels)
                          bytes_[channel].add(cycle_at(columns.last), columns.count * transaction);
                  });
    std::vector<uint32_t> written;
    for (const DramColumns& columns : columns_) {
        const uint32_t index = static_cast<uint32_t>(columns.user);
        Burst& burst = bursts_[index];
        burst.left -= columns.count;
        burst.done = std::max(burst.done, columns.done);
        if (burst.left == 0 && columns.write) written.push_back(index);
    }
    std::sort(written.begin(), written.end(),
              [&](uint32_t a, uint32_t b) { return bursts_[a].done < bursts_[b].done; });
    for (const uint32_t index : written) {
        const Burst& burst = bursts_[index];
        ports_[burst.device].credits.push_back(
            {cycle_at(burst.done) + config_.response_cycles, burst.bytes});
        free_.push_back(index);
    }
}

/// Reads whose data is all there leave in order, each without gaps.
void DramMemory::answer_reads(Port& port) {
    while (!port.reads.empty() && bursts_[port.reads.front()].left == 0) {
        const uint32_t index = port.reads.front();
        port.reads.pop_front();
        const Burst burst = bursts_[index];
        free_.push_back(index);
        BurstSchedule& s = burst.extension->schedule;
        s.first = std::max(cycle_at(burst.done) + config_.response_cycles, port.next_read_beat);
        s.last = s.first + burst.extension->beats - 1;
        burst.stream->latency.add(s.first - burst.accepted);
        burst.stream->bytes += burst.payload->get_data_length();
        port.next_read_beat = s.last + 1;
        answer(*burst.payload);
    }
}

void DramMemory::step(Cycle now) {
    simulate(now);
    for (Port& port : ports_) {
        answer_reads(port);
        start_writes(port);
    }
    // All ports have been looked at: what they asked for before is out of date.
    wake_only(next_look(now));
}

/// The last cycle in which a read may be answered whose last column command is issued, or last
/// transaction forwarded, in `clock` or later.
Cycle DramMemory::read_known_at(Clock clock) const {
    const DramTiming& t = config_.dram.timing;
    const bool forwarding = config_.dram.controller.forwarding;
    const Clock latency = forwarding ? DramChannel::kForward : t.nCL + t.nBL;
    return cycle_at(clock + latency) + config_.response_cycles - 1;
}

/// Clocks from the first to the last of so many column commands, at least; none if they may be
/// forwarded.
Clock DramMemory::shortest(uint64_t transactions) const {
    if (config_.dram.controller.forwarding) return 0;
    const DramOrganisation& o = config_.dram.organisation;
    const DramTiming& t = config_.dram.timing;
    const uint64_t ways = uint64_t{o.channels} * o.pseudo_channels;
    return (divide_up(transactions, ways) - 1) * std::min(t.nCCDS, t.nCCDL);
}

/// When to look again: before the next read could leave or the next write find room, as of the last
/// simulate(). A read of which all is there has been seen to before.
Cycle DramMemory::next_look(Cycle now) const {
    Clock next = channels_.next_clock();
    if (!incoming_.empty()) next = std::min(next, clock_at(incoming_.front().cycle));
    if (next == kNoClock) return kNever;
    next = std::max(next, simulated_);
    Cycle look = kNever;
    for (const Port& port : ports_) {
        // The oldest burst leaves next, and what is left of it takes its time.
        const uint64_t left = port.reads.empty() ? 0 : bursts_[port.reads.front()].left;
        if (left != 0) look = std::min(look, read_known_at(next + shortest(left)));
        if (!port.writes.empty())
            look = std::min(look, cycle_at(next) + config_.response_cycles - 1);
    }
    return std::max(now + 1, look);
}

MemoryOutcome DramMemory::outcome() {
    const Clock step = 4096;
    run_until(std::max(simulated_, clock_at(now_cycle())));
    while (!incoming_.empty() || !channels_.idle()) run_until(simulated_ + step);
    MemoryOutcome outcome = Memory::outcome();
    outcome.clocks = simulated_;
    outcome.bytes = bytes_;
    outcome.channels = channels_.stats(simulated_);
    for (const MemoryStream& s : streams_)
        if (s.latency.count() != 0) outcome.streams.push_back(s);
    return outcome;
}

}  // namespace tessera::hw
