// SPDX-License-Identifier: MIT
// Tessera, the whole device: AXI4-Lite slave (registers), AXI4 master (memory), interrupt, and a
// side-band trace port that says in the very cycle what happens.
// docs/contract/device.md, docs/contract/timing.md.
module tessera_device #(
  parameter int unsigned M          = 16,
  parameter int unsigned D          = 16,
  parameter int unsigned LANES      = 2,
  parameter int unsigned INTERLEAVE = 4,
  parameter int unsigned BUS_BYTES  = 16
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,        // synchronous
  input  logic [1:0]             profile_i,     // a fuse: tessera_pkg::Profile*, constant
  input  logic                   key_ranges_i,  // a fuse: lane groups visit ranges of keys
  output logic                   irq_o,
  output logic                   idle_o,        // nothing will happen without an access
  // AXI4-Lite, registers
  input  logic [11:0]            s_axil_awaddr_i,
  input  logic                   s_axil_awvalid_i,
  output logic                   s_axil_awready_o,
  input  logic [31:0]            s_axil_wdata_i,
  input  logic [3:0]             s_axil_wstrb_i,
  input  logic                   s_axil_wvalid_i,
  output logic                   s_axil_wready_o,
  output logic [1:0]             s_axil_bresp_o,
  output logic                   s_axil_bvalid_o,
  input  logic                   s_axil_bready_i,
  input  logic [11:0]            s_axil_araddr_i,
  input  logic                   s_axil_arvalid_i,
  output logic                   s_axil_arready_o,
  output logic [31:0]            s_axil_rdata_o,
  output logic [1:0]             s_axil_rresp_o,
  output logic                   s_axil_rvalid_o,
  input  logic                   s_axil_rready_i,
  // AXI4, memory. Identifier 1: descriptors; 0: everything else.
  output logic                   m_axi_arid_o,
  output logic [63:0]            m_axi_araddr_o,
  output logic [7:0]             m_axi_arlen_o,
  output logic [2:0]             m_axi_arsize_o,
  output logic [1:0]             m_axi_arburst_o,
  output logic                   m_axi_arvalid_o,
  input  logic                   m_axi_arready_i,
  input  logic                   m_axi_rid_i,
  input  logic [BUS_BYTES*8-1:0] m_axi_rdata_i,
  input  logic [1:0]             m_axi_rresp_i,
  input  logic                   m_axi_rlast_i,
  input  logic                   m_axi_rvalid_i,
  output logic                   m_axi_rready_o,
  output logic [63:0]            m_axi_awaddr_o,
  output logic [7:0]             m_axi_awlen_o,
  output logic [2:0]             m_axi_awsize_o,
  output logic [1:0]             m_axi_awburst_o,
  output logic                   m_axi_awvalid_o,
  input  logic                   m_axi_awready_i,
  output logic [BUS_BYTES*8-1:0] m_axi_wdata_o,
  output logic [BUS_BYTES-1:0]   m_axi_wstrb_o,
  output logic                   m_axi_wlast_o,
  output logic                   m_axi_wvalid_o,
  input  logic                   m_axi_wready_i,
  input  logic [1:0]             m_axi_bresp_i,
  input  logic                   m_axi_bvalid_i,
  output logic                   m_axi_bready_o,
  // Trace: numbers count descriptors since reset
  output tessera_port_pkg::dispatch_event_t   trace_dispatch_o,
  output tessera_port_pkg::event_t            trace_load_start_o,
  output tessera_port_pkg::event_t            trace_load_retire_o,
  output tessera_port_pkg::event_t            trace_compute_start_o,
  output tessera_port_pkg::event_t            trace_compute_retire_o,
  output tessera_port_pkg::event_t            trace_store_start_o,
  output tessera_port_pkg::event_t            trace_store_retire_o,
  output tessera_port_pkg::lane_group_event_t trace_lane_group_o,
  output logic [63:0]                         trace_cycle_o
);

  // ---- The bus: bursts count up, every byte is written, data and responses are always taken
  assign m_axi_arsize_o = 3'($clog2(BUS_BYTES));
  assign m_axi_awsize_o = 3'($clog2(BUS_BYTES));
  assign m_axi_arburst_o = 2'b01;  // INCR
  assign m_axi_awburst_o = 2'b01;
  assign m_axi_rready_o = 1'b1;
  assign m_axi_bready_o = 1'b1;
  assign m_axi_wstrb_o = '1;

  logic [63:0] cycle_q;
  assign trace_cycle_o = cycle_q;
  always_ff @(posedge clk_i) cycle_q <= rst_ni ? cycle_q + 64'd1 : '0;

  // ---- Control
  logic soft_reset, resetting, clear_counters, halted, first_error, irq_settled, fence_irq;
  logic quiet, front_idle, store_retire_fence, unused_abort;
  logic [6:0] counter_word;
  logic [31:0] counter;
  tessera_port_pkg::control_t control;
  tessera_port_pkg::issue_status_t issue_status;
  tessera_port_pkg::active_t active;
  tessera_port_pkg::error_t ring_error, front_error, dispatch_error, load_error, store_error;
  tessera_port_pkg::error_state_t error_state;
  tessera_port_pkg::engines_t retired;
  assign retired = {trace_load_retire_o.valid, trace_compute_retire_o.valid,
                    trace_store_retire_o.valid};

  // ---- Memory
  tessera_port_pkg::burst_req_t front_read, load_read, write;
  tessera_port_pkg::read_rsp_t front_data, load_data;
  tessera_port_pkg::write_rsp_t write_response;
  logic [BUS_BYTES*8-1:0] beat_data;

  // ---- Commands
  tessera_port_pkg::descriptor_t descriptor;
  logic descriptor_pop;
  tessera_port_pkg::load_req_t load_head;
  tessera_port_pkg::compute_req_t compute_head;
  logic [tessera_mask_pkg::MaskWordsBits-1:0] compute_mask;
  tessera_port_pkg::store_req_t store_head;
  tessera_port_pkg::queue_rsp_t load_taken, compute_taken, store_taken;
  tessera_port_pkg::admit_req_t admit;
  tessera_port_pkg::admit_rsp_t admit_granted;
  tessera_port_pkg::load_release_t load_release;
  tessera_port_pkg::compute_release_t compute_release;
  tessera_port_pkg::release_t store_release;

  // ---- Banks
  tessera_port_pkg::bank_write_t bank_write;
  tessera_port_pkg::row_req_t row_read;
  tessera_port_pkg::row_rsp_t row;
  logic [D*32-1:0] row_out;
  logic [21:0] state_rows;  // merged, of state bank 0, 1

  // ---- Counters
  tessera_port_pkg::load_activity_t load_activity;
  tessera_port_pkg::compute_activity_t compute_activity;
  tessera_port_pkg::store_activity_t store_activity;

  assign idle_o = quiet && irq_settled && !resetting && active == '0 && !load_head.valid &&
                  !compute_head.valid && !store_head.valid &&
                  (halted || (issue_status.outstanding == '0 && front_idle)) &&
                  !front_data.beat && !load_data.beat && !front_read.valid;

  tessera_csr #(.M(M), .D(D), .LANES(LANES), .INTERLEAVE(INTERLEAVE), .BUS_BYTES(BUS_BYTES)) u_csr (
    .clk_i, .rst_ni, .profile_i, .key_ranges_i,
    .s_axil_awaddr_i, .s_axil_awvalid_i, .s_axil_awready_o,
    .s_axil_wdata_i, .s_axil_wstrb_i, .s_axil_wvalid_i, .s_axil_wready_o,
    .s_axil_bresp_o, .s_axil_bvalid_o, .s_axil_bready_i,
    .s_axil_araddr_i, .s_axil_arvalid_i, .s_axil_arready_o,
    .s_axil_rdata_o, .s_axil_rresp_o, .s_axil_rvalid_o, .s_axil_rready_i,
    .irq_o, .irq_settled_o(irq_settled), .fence_irq_i(fence_irq), .error_irq_i(first_error),
    .soft_reset_o(soft_reset), .resetting_o(resetting), .clear_counters_o(clear_counters),
    .control_o(control), .error_o(ring_error),
    .issue_i(issue_status), .active_i(active), .front_idle_i(front_idle), .quiet_i(quiet),
    .halted_i(halted), .error_state_i(error_state),
    .counter_word_o(counter_word), .counter_i(counter)
  );

  tessera_error_latch u_error_latch (
    .clk_i, .rst_ni, .clear_i(soft_reset),
    .load_i(load_error), .front_i(front_error), .store_i(store_error),
    .dispatch_i(dispatch_error), .ring_i(ring_error),
    .state_o(error_state), .halted_o(halted), .first_o(first_error)
  );

  tessera_memory_port #(.BUS_BYTES(BUS_BYTES)) u_memory_port (
    .clk_i, .rst_ni, .drop_i(soft_reset || resetting),
    .front_i(front_read), .front_o(front_data),
    .load_i(load_read), .load_o(load_data), .beat_data_o(beat_data),
    .store_i(write), .store_o(write_response), .quiet_o(quiet),
    .m_axi_arid_o, .m_axi_araddr_o, .m_axi_arlen_o, .m_axi_arvalid_o, .m_axi_arready_i,
    .m_axi_rid_i, .m_axi_rdata_i, .m_axi_rresp_i, .m_axi_rlast_i, .m_axi_rvalid_i,
    .m_axi_awaddr_o, .m_axi_awlen_o, .m_axi_awvalid_o, .m_axi_awready_i,
    .m_axi_bresp_i, .m_axi_bvalid_i
  );

  tessera_front_end #(.BUS_BYTES(BUS_BYTES)) u_front_end (
    .clk_i, .rst_ni, .clear_i(soft_reset), .control_i(control), .halted_i(halted),
    .read_o(front_read), .read_i(front_data), .beat_data_i(beat_data), .error_o(front_error),
    .descriptor_o(descriptor), .pop_i(descriptor_pop), .idle_o(front_idle)
  );

  tessera_issue #(.M(M), .D(D), .BUS_BYTES(BUS_BYTES)) u_issue (
    .clk_i, .rst_ni, .clear_i(soft_reset), .profile_i, .key_ranges_i, .control_i(control),
    .halted_i(halted), .status_o(issue_status), .error_o(dispatch_error),
    .descriptor_i(descriptor), .pop_o(descriptor_pop),
    .load_o(load_head), .load_i(load_taken),
    .compute_o(compute_head), .compute_mask_o(compute_mask), .compute_i(compute_taken),
    .store_o(store_head), .store_i(store_taken),
    .admit_i(admit), .admit_o(admit_granted),
    .load_release_i(load_release), .compute_release_i(compute_release),
    .store_release_i(store_release), .retired_i(retired), .dispatched_o(trace_dispatch_o)
  );

  tessera_load_engine #(.M(M), .BUS_BYTES(BUS_BYTES)) u_load_engine (
    .clk_i, .rst_ni, .clear_i(soft_reset), .halted_i(halted),
    .queue_i(load_head), .queue_o(load_taken),
    .read_o(load_read), .read_i(load_data), .beat_data_i(beat_data), .bank_write_o(bank_write),
    .start_o(trace_load_start_o), .retire_o(trace_load_retire_o), .release_o(load_release),
    .active_o(active.load), .error_o(load_error), .activity_o(load_activity)
  );

  tessera_compute_engine #(
    .M(M), .D(D), .LANES(LANES), .INTERLEAVE(INTERLEAVE), .BUS_BYTES(BUS_BYTES)
  ) u_compute_engine (
    .clk_i, .rst_ni, .clear_i(soft_reset), .cycle_i(cycle_q), .key_ranges_i,
    .queue_i(compute_head), .queue_mask_i(compute_mask), .queue_o(compute_taken),
    .admit_o(admit), .admit_i(admit_granted),
    .halted_i(halted), .load_active_i(active.load != '0), .store_active_i(active.store != '0),
    .active_o(active.compute), .release_o(compute_release), .state_rows_o(state_rows),
    .bank_write_i(bank_write), .bank_data_i(beat_data),
    .row_i(row_read), .row_o(row), .row_out_o(row_out),
    .start_o(trace_compute_start_o), .retire_o(trace_compute_retire_o),
    .lane_group_o(trace_lane_group_o), .activity_o(compute_activity), .abort_o(unused_abort)
  );

  tessera_store_engine #(.D(D), .BUS_BYTES(BUS_BYTES)) u_store_engine (
    .clk_i, .rst_ni, .clear_i(soft_reset), .resetting_i(resetting), .halted_i(halted),
    .queue_i(store_head), .queue_o(store_taken),
    .state_rows_i(state_rows), .row_o(row_read), .row_i(row), .row_out_i(row_out),
    .write_o(write), .write_i(write_response),
    .m_axi_wdata_o, .m_axi_wlast_o, .m_axi_wvalid_o, .m_axi_wready_i,
    .start_o(trace_store_start_o), .retire_o(trace_store_retire_o),
    .retire_fence_o(store_retire_fence), .retire_irq_o(fence_irq), .release_o(store_release),
    .active_o(active.store), .error_o(store_error), .activity_o(store_activity)
  );

  tessera_counters #(.LANES(LANES), .BUS_BYTES(BUS_BYTES)) u_counters (
    .clk_i, .rst_ni, .clear_i(soft_reset || clear_counters), .snapshot_i(store_retire_fence),
    .word_i(counter_word), .value_o(counter),
    .front_read_i(front_read.valid), .load_i(load_activity), .bank_write_i(bank_write),
    .compute_i(compute_activity), .store_i(store_activity), .retired_i(retired)
  );

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   profile_i <= 2'(tessera_pkg::ProfileStateful));
  assert property (@(posedge clk_i) disable iff (!rst_ni) $stable({profile_i, key_ranges_i}));
`endif
endmodule
