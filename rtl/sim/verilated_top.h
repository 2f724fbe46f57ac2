// SPDX-License-Identifier: MIT
// The Verilated design as plain C++: pins of one cycle in, pins of the same cycle out. Knows
// neither SystemC nor TLM, so that the generated headers stay in translation units of their own.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "spec/params.h"

namespace tessera::rtl {

inline constexpr uint32_t kMaxBusBytes = 128;

/// What the outside drives in a cycle. Ready signals of address channels are always high.
struct Inputs {
    bool awvalid = false, arvalid = false;  // registers; write data comes with the address
    uint32_t awaddr = 0, wdata = 0, araddr = 0;
    bool rvalid = false, rid = false, rlast = false, rerror = false;
    const uint8_t* rdata = nullptr;
    bool wready = false;
    bool bvalid = false, berror = false;
};

/// One pulse of the trace port.
struct TraceEvent {
    bool valid = false;
    uint32_t number = 0;
};

/// What the device says in a cycle, all of it settled for that cycle's inputs.
struct Trace {
    TraceEvent dispatch, start[3], retire[3], lane_group;  // engines: load, compute, store
    uint32_t dispatch_opcode = 0, dispatch_tag = 0;
    uint32_t lane_group_index = 0, lane_group_keys = 0;
    uint64_t score_start = 0, value_start = 0;  ///< S and V of the lane group, in cycles
};

class VerilatedTop {
  public:
    virtual ~VerilatedTop() = default;
    Inputs in;  ///< of the current cycle

    /// Settle the outputs for `in`.
    virtual void settle() = 0;
    /// End the cycle; afterwards the pins that depend on no input show the next cycle.
    virtual void clock() = 0;

    // Pins that depend on no input.
    virtual uint64_t cycle() const = 0;
    virtual bool irq() const = 0;
    virtual bool idle() const = 0;
    struct Address {
        bool valid = false, id = false;
        uint64_t address = 0;
        uint32_t beats = 0;
    };
    virtual Address read_address() const = 0;
    virtual Address write_address() const = 0;
    /// Beat `i` of the write burst that is being presented, as it lies in the store FIFO.
    virtual void peek_write_data(uint32_t i, uint8_t* bytes) const = 0;

    // After settle().
    virtual bool write_beat(uint8_t* bytes, bool& last) const = 0;  ///< false: not valid
    virtual Trace trace() const = 0;
    virtual bool read_ok() const = 0;  ///< of the register access in this cycle
    virtual bool write_ok() const = 0;
    virtual uint32_t read_data() const = 0;
    /// The answer of the last cycle's register access, as the bus carries it now.
    virtual bool answer(bool write, uint32_t& data) const = 0;
};

/// Whether the RTL was built with these parameters; profile and
/// key ranges are pins, so any will do.
bool has_verilated_top(const spec::DeviceParams& params);
/// Whether that design was built such that it can write waveforms.
bool has_waveforms(const spec::DeviceParams& params);
/// What it was built with: "tiny, small".
const char* verilated_top_names();
/// The design with these parameters; throws std::invalid_argument if it was not built. Unless
/// `wave` is empty, every signal goes into that FST file, cycle n at n ns; throws
/// std::runtime_error if the file cannot be written or the design was built without waveforms.
std::unique_ptr<VerilatedTop> make_verilated_top(const spec::DeviceParams& params,
                                                 const std::string& wave = "");

}  // namespace tessera::rtl
