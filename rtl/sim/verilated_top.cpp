// SPDX-License-Identifier: MIT
// One Verilated class behind the VerilatedTop interface. Compiled once for each set of parameters,
// with TESSERA_TOP the class, TESSERA_TOP_HEADER and TESSERA_ROOT_HEADER its headers, and
// TESSERA_MAKE the name of the function that makes one.
#include "rtl/sim/verilated_top.h"

#include <cstring>
#include <stdexcept>

#include TESSERA_TOP_HEADER
#include TESSERA_ROOT_HEADER
#include "verilated.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
#endif
#if VM_COVERAGE
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "verilated_cov.h"
#endif

namespace tessera::rtl {
namespace {

template <size_t kWords>
void get_bytes(const VlWide<kWords>& from, uint8_t* to) {
    std::memcpy(to, from.data(), 4 * kWords);
}
template <size_t kWords>
void set_bytes(VlWide<kWords>& to, const uint8_t* from) {
    std::memcpy(to.data(), from, 4 * kWords);
}

/// A field of a packed struct that leaves as one number. The structs of the trace are in
/// rtl/core/tessera_port_pkg.sv; their last member is in the lowest bits.
uint32_t bits(uint64_t word, int first, int width) {
    return static_cast<uint32_t>(word >> first & ((uint64_t{1} << width) - 1));
}
TraceEvent event(uint64_t word, int valid_bit = 32) {
    return {bits(word, valid_bit, 1) != 0, bits(word, 0, 32)};
}

/// Time in a waveform file: picoseconds; cycle n begins at n ns, and what the outside drives in it
/// shows half a cycle later.
constexpr uint64_t kCycleTime = 1000;

#if VM_TRACE_FST
class Wave {
  public:
    Wave(VerilatedContext& context, TESSERA_TOP& top, const std::string& file) {
        if (file.empty()) return;
        context.traceEverOn(true);
        top.trace(&fst_, 99);
        fst_.open(file.c_str());
        if (!fst_.isOpen()) throw std::runtime_error(file + ": cannot be written");
    }
    ~Wave() {
        if (fst_.isOpen()) fst_.close();
    }
    void dump(uint64_t time) {
        if (fst_.isOpen()) fst_.dump(time);
    }

  private:
    VerilatedFstC fst_;
};
#else
class Wave {
  public:
    Wave(VerilatedContext&, TESSERA_TOP&, const std::string& file) {
        if (!file.empty()) throw std::runtime_error("this RTL was built without waveforms");
    }
    void dump(uint64_t) {}
};
#endif

class Top : public VerilatedTop {
  public:
    Top(const spec::DeviceParams& params, const std::string& wave)
        : top_(&context_, "top"), wave_(context_, top_, wave) {
        constexpr int kResetCycles = 4;
        top_.rst_ni = 0;
        top_.profile_i = static_cast<uint8_t>(params.profile);
        top_.key_ranges_i = params.key_ranges;
        top_.m_axi_arready_i = top_.m_axi_awready_i = 1;
        top_.s_axil_bready_i = top_.s_axil_rready_i = 1;
        top_.s_axil_wstrb_i = 15;
        for (int i = 0; i < kResetCycles; ++i) {
            settle();
            clock();
        }
        top_.rst_ni = 1;
    }
    ~Top() override {
        top_.final();
        write_coverage();
    }

    void settle() override {
        top_.clk_i = 0;
        top_.s_axil_awvalid_i = top_.s_axil_wvalid_i = in.awvalid;
        top_.s_axil_awaddr_i = static_cast<uint16_t>(in.awaddr);
        top_.s_axil_wdata_i = in.wdata;
        top_.s_axil_arvalid_i = in.arvalid;
        top_.s_axil_araddr_i = static_cast<uint16_t>(in.araddr);
        top_.m_axi_rvalid_i = in.rvalid;
        top_.m_axi_rid_i = in.rid;
        top_.m_axi_rlast_i = in.rlast;
        top_.m_axi_rresp_i = in.rerror ? 2 : 0;
        if (in.rdata != nullptr) set_bytes(top_.m_axi_rdata_i, in.rdata);
        top_.m_axi_wready_i = in.wready;
        top_.m_axi_bvalid_i = in.bvalid;
        top_.m_axi_bresp_i = in.berror ? 2 : 0;
        top_.eval();
    }
    void clock() override {
        if (top_.rst_ni) wave_.dump(cycle() * kCycleTime + kCycleTime / 2);
        top_.clk_i = 1;
        context_.timeInc(1);
        top_.eval();
        if (top_.rst_ni) wave_.dump(cycle() * kCycleTime);
        in = Inputs();
    }

    uint64_t cycle() const override { return top_.trace_cycle_o; }
    bool irq() const override { return top_.irq_o != 0; }
    bool idle() const override { return top_.idle_o != 0; }
    Address read_address() const override {
        return {top_.m_axi_arvalid_o != 0, top_.m_axi_arid_o != 0, top_.m_axi_araddr_o,
                top_.m_axi_arlen_o + 1u};
    }
    Address write_address() const override {
        return {top_.m_axi_awvalid_o != 0, false, top_.m_axi_awaddr_o, top_.m_axi_awlen_o + 1u};
    }
    void peek_write_data(uint32_t i, uint8_t* bytes) const override {
        const auto& root = *top_.rootp;
        const auto& fifo = root.tessera_device__DOT__u_store_engine__DOT__u_fifo__DOT__beat_q;
        const uint32_t first =
            root.tessera_device__DOT__u_store_engine__DOT__u_fifo__DOT__present_q;
        constexpr uint32_t kBeats = sizeof(fifo) / sizeof(fifo[0]);
        get_bytes(fifo[(first + i) % kBeats], bytes);
    }

    bool write_beat(uint8_t* bytes, bool& last) const override {
        get_bytes(top_.m_axi_wdata_o, bytes);
        last = top_.m_axi_wlast_o != 0;
        return top_.m_axi_wvalid_o != 0;
    }
    Trace trace() const override {
        Trace t;
        t.dispatch = event(top_.trace_dispatch_o, 56);
        t.dispatch_opcode = bits(top_.trace_dispatch_o, 32, 8);
        t.dispatch_tag = bits(top_.trace_dispatch_o, 40, 16);
        t.start[0] = event(top_.trace_load_start_o);
        t.start[1] = event(top_.trace_compute_start_o);
        t.start[2] = event(top_.trace_store_start_o);
        t.retire[0] = event(top_.trace_load_retire_o);
        t.retire[1] = event(top_.trace_compute_retire_o);
        t.retire[2] = event(top_.trace_store_retire_o);
        const auto& group = top_.trace_lane_group_o;  // words of 32 bits
        t.lane_group = {bits(group[5], 21, 1) != 0, group[4]};
        t.lane_group_index = bits(group[5], 0, 10);
        t.lane_group_keys = bits(group[5], 10, 11);
        t.score_start = uint64_t{group[3]} << 32 | group[2];
        t.value_start = uint64_t{group[1]} << 32 | group[0];
        return t;
    }
    bool read_ok() const override {
        return top_.rootp->tessera_device__DOT__u_csr__DOT__read_ok != 0;
    }
    bool write_ok() const override {
        return top_.rootp->tessera_device__DOT__u_csr__DOT__write_ok != 0;
    }
    uint32_t read_data() const override {
        return top_.rootp->tessera_device__DOT__u_csr__DOT__rdata_d;
    }
    bool answer(bool write, uint32_t& data) const override {
        if (write) return top_.s_axil_bvalid_o != 0 && top_.s_axil_bresp_o == 0;
        data = top_.s_axil_rdata_o;
        return top_.s_axil_rvalid_o != 0 && top_.s_axil_rresp_o == 0;
    }

  private:
    /// Into a file of this process's own in the folder TESSERA_COVERAGE_DIR (scripts/coverage).
    void write_coverage() {
#if VM_COVERAGE
        const char* folder = std::getenv("TESSERA_COVERAGE_DIR");
        if (folder == nullptr) return;
        const std::string name = folder + ("/" + std::to_string(::getpid())) + ".dat";
        context_.coveragep()->write(name.c_str());
#endif
    }

    VerilatedContext context_;
    TESSERA_TOP top_;
    Wave wave_;
};

}  // namespace

std::unique_ptr<VerilatedTop> TESSERA_MAKE(const spec::DeviceParams& params,
                                           const std::string& wave) {
    return std::make_unique<Top>(params, wave);
}

}  // namespace tessera::rtl
