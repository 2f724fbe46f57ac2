// SPDX-License-Identifier: MIT
// Control and status registers behind AXI4-Lite, one access at a time each way. A register is
// sampled or written in the cycle of the address handshake (writes: address and data together); the
// answer follows in the next cycle. Holes, writes to read-only registers and anything but aligned
// words answer with an error. Soft reset: every unit is cleared, then RESETTING until all is quiet.
module tessera_csr #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned LANES = 2,
  parameter int unsigned INTERLEAVE = 4,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,
  input  logic [1:0]                      profile_i,
  input  logic                            key_ranges_i,
  // AXI4-Lite
  input  logic [11:0]                     s_axil_awaddr_i,
  input  logic                            s_axil_awvalid_i,
  output logic                            s_axil_awready_o,
  input  logic [31:0]                     s_axil_wdata_i,
  input  logic [3:0]                      s_axil_wstrb_i,
  input  logic                            s_axil_wvalid_i,
  output logic                            s_axil_wready_o,
  output logic [1:0]                      s_axil_bresp_o,
  output logic                            s_axil_bvalid_o,
  input  logic                            s_axil_bready_i,
  input  logic [11:0]                     s_axil_araddr_i,
  input  logic                            s_axil_arvalid_i,
  output logic                            s_axil_arready_o,
  output logic [31:0]                     s_axil_rdata_o,
  output logic [1:0]                      s_axil_rresp_o,
  output logic                            s_axil_rvalid_o,
  input  logic                            s_axil_rready_i,
  // Interrupt
  output logic                            irq_o,
  output logic                            irq_settled_o,  // what is visible now changes none
  input  logic                            fence_irq_i,    // pulses
  input  logic                            error_irq_i,
  // What registers control
  output logic                            soft_reset_o,   // pulse: the next cycle is clear
  output logic                            resetting_o,
  output logic                            clear_counters_o,
  output tessera_port_pkg::control_t      control_o,
  output tessera_port_pkg::error_t        error_o,
  // What they show
  input  tessera_port_pkg::issue_status_t issue_i,
  input  tessera_port_pkg::active_t       active_i,
  input  logic                            front_idle_i,   // no descriptor waits for dispatch
  input  logic                            quiet_i,
  input  logic                            halted_i,
  input  tessera_port_pkg::error_state_t  error_state_i,
  output logic [6:0]                      counter_word_o,
  input  logic [31:0]                     counter_i
);
  localparam logic [1:0] RespOkay = 2'b00;
  localparam logic [1:0] RespError = 2'b10;

  logic enable_q, enable_d, notify_armed_q, notify_armed_d, resetting_q, resetting_d;
  logic [63:0] ring_base_q, ring_base_d;
  logic [31:0] ring_size_q, ring_size_d, tail_q, tail_d, notify_q, notify_d;
  logic [31:0] watchdog_q, watchdog_d;
  logic [2:0] irq_status_q, irq_status_d, irq_enable_q, irq_enable_d;

  // Write access
  logic write, bvalid_q;
  logic write_ok /*verilator public_flat_rd*/;
  logic [1:0] bresp_q;
  assign write = s_axil_awvalid_i && s_axil_wvalid_i && (!bvalid_q || s_axil_bready_i);
  assign s_axil_awready_o = write;
  assign s_axil_wready_o = write;
  assign s_axil_bvalid_o = bvalid_q;
  assign s_axil_bresp_o = bresp_q;

  // Read access
  logic read, rvalid_q;
  logic read_ok /*verilator public_flat_rd*/;
  logic [31:0] rdata_d /*verilator public_flat_rd*/;
  logic [31:0] rdata_q;
  logic [1:0] rresp_q;
  assign s_axil_arready_o = !rvalid_q || s_axil_rready_i;
  assign read = s_axil_arvalid_i && s_axil_arready_o;
  assign s_axil_rvalid_o = rvalid_q;
  assign s_axil_rdata_o = rdata_q;
  assign s_axil_rresp_o = rresp_q;

  assign irq_o = (irq_status_q & irq_enable_q) != '0;
  assign resetting_o = resetting_q;
  assign control_o = {enable_q, ring_base_q, ring_size_q, tail_q, watchdog_q};

  logic [31:0] head_lead;
  logic ring_irq, ring_ok, bad_ring;
  assign head_lead = issue_i.dispatched - notify_q;
  assign ring_irq = notify_armed_q && !head_lead[31];
  assign irq_settled_o = !ring_irq && !resetting_q;
  assign ring_ok = ring_size_q >= tessera_pkg::RingMinDescriptors &&
                   ring_size_q <= tessera_pkg::RingMaxDescriptors &&
                   (ring_size_q & (ring_size_q - 32'd1)) == '0 &&
                   ring_base_q[$clog2(tessera_pkg::LineBytes)-1:0] == '0;
  assign error_o = {bad_ring, tessera_pkg::ErrBadRing, 16'd0};

  // A device that resets itself takes no orders.
  logic accept, whole_word;
  logic [31:0] w;
  assign whole_word = s_axil_awaddr_i[1:0] == '0 && s_axil_wstrb_i == 4'hf;
  assign accept = write && whole_word && !resetting_q;
  assign w = s_axil_wdata_i;

  always_comb begin
    enable_d = enable_q;
    ring_base_d = ring_base_q;
    ring_size_d = ring_size_q;
    tail_d = tail_q;
    notify_d = notify_q;
    notify_armed_d = notify_armed_q && !ring_irq;
    watchdog_d = watchdog_q;
    irq_enable_d = irq_enable_q;
    irq_status_d = irq_status_q;
    resetting_d = resetting_q && !quiet_i;
    soft_reset_o = 1'b0;
    clear_counters_o = 1'b0;
    bad_ring = 1'b0;
    write_ok = whole_word;
    unique case (s_axil_awaddr_i)
      tessera_pkg::RegControl: begin
        if (accept && w[tessera_pkg::ControlSoftReset]) begin
          soft_reset_o = 1'b1;
        end else if (accept) begin
          clear_counters_o = w[tessera_pkg::ControlClearCounters] && issue_i.outstanding == '0 &&
                             front_idle_i;
          if (w[tessera_pkg::ControlEnable] && !enable_q && !ring_ok) bad_ring = 1'b1;
          else enable_d = w[tessera_pkg::ControlEnable];
        end
      end
      tessera_pkg::RegRingBaseLo: if (accept) ring_base_d[31:0] = w;
      tessera_pkg::RegRingBaseHi: if (accept) ring_base_d[63:32] = w;
      tessera_pkg::RegRingSize: if (accept) ring_size_d = w;
      tessera_pkg::RegRingTail: if (accept) tail_d = w;
      tessera_pkg::RegRingNotify: begin
        if (accept) begin
          notify_d = w;
          notify_armed_d = 1'b1;
        end
      end
      tessera_pkg::RegIrqStatus: if (accept) irq_status_d = irq_status_q & ~w[2:0];
      tessera_pkg::RegIrqEnable: if (accept) irq_enable_d = w[2:0];
      tessera_pkg::RegWatchdog: if (accept) watchdog_d = w;
      default: write_ok = 1'b0;
    endcase
    // Setting wins over clearing.
    if (fence_irq_i) irq_status_d[tessera_pkg::IrqFence] = 1'b1;
    if (ring_irq) irq_status_d[tessera_pkg::IrqRing] = 1'b1;
    if (error_irq_i) irq_status_d[tessera_pkg::IrqError] = 1'b1;
    if (soft_reset_o) resetting_d = 1'b1;
  end

  function automatic logic [3:0] clipped(input logic [7:0] n);
    clipped = n > 8'd15 ? 4'd15 : n[3:0];
  endfunction
  logic [24:0] engine_state;
  assign engine_state = {issue_i.fence_waiting,
                         clipped({3'b0, active_i.store}), issue_i.store_queued,
                         clipped(active_i.compute), issue_i.compute_queued,
                         clipped({1'b0, active_i.load}), issue_i.load_queued};

  logic [11:0] counter_offset;
  assign counter_offset = s_axil_araddr_i - 12'(tessera_pkg::CounterBase);
  assign counter_word_o = counter_offset[8:2];

  always_comb begin
    read_ok = s_axil_araddr_i[1:0] == '0;
    rdata_d = '0;
    unique case (s_axil_araddr_i)
      tessera_pkg::RegId: rdata_d = tessera_pkg::IdValue;
      tessera_pkg::RegVersion:
        rdata_d = tessera_pkg::VersionBase +
                  (tessera_mask_pkg::MaskTerms - tessera_pkg::VersionTerms);
      tessera_pkg::RegCapM: rdata_d = M;
      tessera_pkg::RegCapD: rdata_d = D;
      tessera_pkg::RegCapLanes: rdata_d = LANES;
      tessera_pkg::RegCapInterleave: rdata_d = INTERLEAVE;
      tessera_pkg::RegCapBusBytes: rdata_d = BUS_BYTES;
      tessera_pkg::RegCapProfile: begin
        rdata_d[1:0] = profile_i;
        rdata_d[tessera_pkg::CapKeyRanges] = key_ranges_i;
      end
      tessera_pkg::RegCapBanks: rdata_d = tessera_pkg::Banks;
      tessera_pkg::RegCapQueueDepth: rdata_d = tessera_pkg::QueueDepth;
      tessera_pkg::RegCapCounters: rdata_d = tessera_pkg::Counters;
      tessera_pkg::RegControl: rdata_d[tessera_pkg::ControlEnable] = enable_q;
      tessera_pkg::RegStatus: begin
        rdata_d[tessera_pkg::StatusBusy] = issue_i.outstanding != '0 || !quiet_i;
        rdata_d[tessera_pkg::StatusHalted] = halted_i;
        rdata_d[tessera_pkg::StatusResetting] = resetting_q;
      end
      tessera_pkg::RegRingBaseLo: rdata_d = ring_base_q[31:0];
      tessera_pkg::RegRingBaseHi: rdata_d = ring_base_q[63:32];
      tessera_pkg::RegRingSize: rdata_d = ring_size_q;
      tessera_pkg::RegRingTail: rdata_d = tail_q;
      tessera_pkg::RegRingHead: rdata_d = issue_i.dispatched;
      tessera_pkg::RegRingNotify: rdata_d = notify_q;
      tessera_pkg::RegIrqStatus: rdata_d[2:0] = irq_status_q;
      tessera_pkg::RegIrqEnable: rdata_d[2:0] = irq_enable_q;
      tessera_pkg::RegErrorCode: rdata_d[7:0] = error_state_i.code;
      tessera_pkg::RegErrorTag: rdata_d[15:0] = error_state_i.tag;
      tessera_pkg::RegWatchdog: rdata_d = watchdog_q;
      tessera_pkg::RegEngineState: rdata_d[24:0] = engine_state;
      default: begin
        if (s_axil_araddr_i >= 12'(tessera_pkg::CounterBase) &&
            s_axil_araddr_i < 12'(tessera_pkg::WindowBytes)) begin
          rdata_d = counter_i;
        end else begin
          read_ok = 1'b0;
        end
      end
    endcase
    if (!read_ok) rdata_d = '0;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || soft_reset_o) begin
      enable_q <= 1'b0;
      ring_base_q <= '0;
      ring_size_q <= '0;
      tail_q <= '0;
      notify_q <= '0;
      notify_armed_q <= 1'b0;
      watchdog_q <= '0;
      irq_status_q <= '0;
      irq_enable_q <= '0;
    end else begin
      enable_q <= enable_d;
      ring_base_q <= ring_base_d;
      ring_size_q <= ring_size_d;
      tail_q <= tail_d;
      notify_q <= notify_d;
      notify_armed_q <= notify_armed_d;
      watchdog_q <= watchdog_d;
      irq_status_q <= irq_status_d;
      irq_enable_q <= irq_enable_d;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      resetting_q <= 1'b0;
      bvalid_q <= 1'b0;
      rvalid_q <= 1'b0;
    end else begin
      resetting_q <= resetting_d;
      bvalid_q <= write || (bvalid_q && !s_axil_bready_i);
      rvalid_q <= read || (rvalid_q && !s_axil_rready_i);
    end
    if (write) bresp_q <= write_ok ? RespOkay : RespError;
    if (read) rdata_q <= rdata_d;
    if (read) rresp_q <= read_ok ? RespOkay : RespError;
  end
endmodule
