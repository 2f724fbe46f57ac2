// SPDX-License-Identifier: MIT
// Memory kind `dram`: channels of DRAM behind an interconnect. A read burst is cut into
// transactions, which the channels serve in their own order; it leaves, without gaps and in order
// of the device's bursts, when all of it has arrived. Writes are acknowledged when they are in the
// controller's buffer. What is sent takes request_cycles to the controllers, what they send
// response_cycles back; so a channel can be simulated some cycles ahead of time, many commands at
// once, and the outcome does not depend on when that is done. docs/contract/memory.md.
#pragma once
#include <deque>

#include "hw_model/memory/dram_channels.h"
#include "hw_model/memory/memory.h"

namespace tessera::hw {

class DramMemory : public Memory {
  public:
    DramMemory(const sc_core::sc_module_name& name, const MemoryConfig& config, uint32_t devices,
               MemoryImage& image, uint32_t cycle_fs);

    MemoryOutcome outcome() override;

  private:
    /// A burst that has not got all its column commands.
    struct Burst {
        tlm::tlm_generic_payload* payload = nullptr;  // read
        BurstExtension* extension = nullptr;          // read
        uint32_t device = 0;
        uint64_t bytes = 0;  // write: in the buffer
        uint64_t left = 0;   // transactions
        Clock done = 0;
        Cycle accepted = 0;
        MemoryStream* stream = nullptr;
    };
    struct Arrival {
        Cycle cycle;  // at the controllers
        bool write;
        uint64_t address, bytes;
        uint32_t burst;
    };
    struct Credit {
        Cycle visible;
        uint64_t bytes;
    };
    struct Waiting {
        tlm::tlm_generic_payload* payload;
        BurstExtension* extension;
        Cycle accepted;
    };
    struct Port {
        std::deque<uint32_t> reads;  // bursts, oldest first
        std::deque<Waiting> writes;  // without room in the buffer
        std::deque<Credit> credits;  // room that writes will leave
        uint64_t room = 0;           // bytes free in the write buffer, credits not counted
        Cycle room_from = 0;         // all of it from this cycle on
        Cycle next_read_beat = 0, next_write_beat = 0;
    };

    MemoryStream& stream(const tlm::tlm_generic_payload& payload, uint32_t device);
    void request(tlm::tlm_generic_payload& payload, BurstExtension& burst, uint64_t n,
                 Cycle accepted) override;
    void step(Cycle now) override;
    Clock clock_at(Cycle cycle) const;
    Cycle cycle_at(Clock clock) const;
    uint32_t new_burst(uint32_t device);
    void send(const Arrival& arrival);
    void simulate(Cycle now);
    void run_until(Clock until);
    void answer_reads(Port& port);
    bool start_write(Port& port, const Waiting& write);
    void start_writes(Port& port);
    Cycle read_known_at(Clock clock) const;
    Clock shortest(uint64_t transactions) const;
    Cycle next_look(Cycle now) const;

    const uint64_t cycle_fs_, clock_fs_;
    DramChannels channels_;
    std::vector<Port> ports_;
    std::vector<Burst> bursts_;
    std::vector<uint32_t> free_;
    std::deque<Arrival> incoming_;  // in order of cycle, reads first
    std::vector<DramColumns> columns_;
    std::deque<MemoryStream> streams_;  // of each device: reads, then writes, of each range
    std::vector<WindowSeries> bytes_;   // of each channel
    Clock simulated_ = 0;
};

}  // namespace tessera::hw
