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
  input  logic [1:0]             profile_i,     // a fuse: tessera_pkg::Profile*, constant after reset
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
  output logic                   trace_dispatch_o,
  output logic [31:0]            trace_dispatch_number_o,
  output logic [7:0]             trace_dispatch_opcode_o,
  output logic [15:0]            trace_dispatch_tag_o,
  output logic                   trace_load_start_o,
  output logic [31:0]            trace_load_start_number_o,
  output logic                   trace_load_retire_o,
  output logic [31:0]            trace_load_retire_number_o,
  output logic                   trace_compute_start_o,
  output logic [31:0]            trace_compute_start_number_o,
  output logic                   trace_compute_retire_o,
  output logic [31:0]            trace_compute_retire_number_o,
  output logic                   trace_store_start_o,
  output logic [31:0]            trace_store_start_number_o,
  output logic                   trace_store_retire_o,
  output logic [31:0]            trace_store_retire_number_o,
  output logic                   trace_group_o,      // its last row is merged
  output logic [31:0]            trace_group_number_o,
  output logic [9:0]             trace_group_index_o,
  output logic [10:0]            trace_group_keys_o,
  output logic [63:0]            trace_group_score_o,  // S and V, in cycles as trace_cycle_o
  output logic [63:0]            trace_group_value_o,
  output logic [63:0]            trace_cycle_o
);

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

  // Control
  logic soft_reset, resetting, clear_counters, enable, bad_ring, halted, first_error, irq_settled;
  logic fence_irq, fence_waiting, quiet, front_idle;
  logic [63:0] ring_base;
  logic [31:0] ring_size, tail, watchdog, dispatched, outstanding, counter;
  logic [6:0] counter_word;
  logic [15:0] error_tag;
  tessera_pkg::error_e error_code;
  logic [24:0] engine_state;
  // Memory port
  logic front_can_read, front_read, front_beat, load_can_read, load_read, load_beat, beat_error;
  logic can_write, write;
  logic [63:0] front_address, load_address, write_address;
  logic [7:0] front_beats;
  logic [8:0] load_beats, write_beats;
  logic [BUS_BYTES*8-1:0] beat_data;
  // Descriptors
  logic descriptor_valid, descriptor_pop, front_error, dispatch_error;
  logic [511:0] descriptor;
  logic [15:0] front_error_tag, dispatch_error_tag, load_error_tag, store_error_tag;
  tessera_pkg::error_e dispatch_error_code, load_error_code;
  // Load engine
  logic load_valid, load_granted, load_pop, load_drop, load_error, load_index, bank_write;
  logic bank_write_bank, bank_write_row_last, load_retire, load_start;
  tessera_pkg::transfer_t load_head;
  logic [31:0] load_number, bank_write_position;
  logic [3:0] load_size;
  logic [2:0] load_retire_bank;
  logic [6:0] load_active;
  logic [1:0] load_kind, bank_write_kind;
  logic [9:0] bank_write_row;
  logic [7:0] bank_write_beat;
  // Compute engine
  logic compute_valid, compute_pop, compute_drop, q_granted, k_granted, v_granted, s_granted;
  logic admit_v_bank, admit_s_bank, unused_admit_valid, unused_abort;
  tessera_pkg::attend_t attend;
  logic [31:0] compute_number;
  logic [3*tessera_pkg::TicketBits-1:0] compute_tickets, admit_tickets;
  logic [3:0] compute_size;
  logic [7:0] compute_active;
  logic q_over, q_over_bank, k_over, k_over_bank, v_over, v_over_bank, s_over, s_over_bank;
  logic [21:0] rows_merged;  // of state bank 0, 1
  logic score_busy, score_stall_q, score_stall_k, score_stall_buffer, score_idle;
  logic value_busy, value_stall_v, value_stall_state, value_stall_score, value_idle;
  logic k_row_read, v_row_read, merge_read, merge_write, compute_start, compute_retire;
  // Store engine
  logic store_valid, store_loads_granted, store_computes_granted, store_last_merging, store_pop;
  logic store_drop, store_start, store_retire, store_retire_fence, store_over, store_over_bank;
  logic store_error, row_read, row_read_bank, store_row_read;
  logic row_empty, row_nan, row_saturated, row_div0;
  tessera_pkg::transfer_t store_head;
  logic [31:0] store_number, row_l;
  logic [3:0] store_size;
  logic [4:0] store_active;
  logic [9:0] row_read_row;
  logic [D*32-1:0] row_o;
  logic [15:0] row_m, row_flags;
  logic [1:0] write_kind;

  function automatic logic [3:0] clipped(input logic [7:0] n);
    clipped = n > 8'd15 ? 4'd15 : n[3:0];
  endfunction
  assign engine_state = {fence_waiting, clipped({3'b0, store_active}), store_size,
                         clipped(compute_active), compute_size,
                         clipped({1'b0, load_active}), load_size};
  assign idle_o = quiet && irq_settled && !resetting && load_active == '0 &&
                  compute_active == '0 && store_active == '0 && !load_valid && !compute_valid &&
                  !store_valid && (halted || (outstanding == '0 && front_idle)) && !front_beat &&
                  !load_beat && !front_read;

  assign trace_load_start_o = load_start;
  assign trace_load_retire_o = load_retire;
  assign trace_compute_start_o = compute_start;
  assign trace_compute_retire_o = compute_retire;
  assign trace_store_start_o = store_start;
  assign trace_store_retire_o = store_retire;

  tessera_csr #(
    .M(M), .D(D), .LANES(LANES), .INTERLEAVE(INTERLEAVE), .BUS_BYTES(BUS_BYTES)
  ) u_csr (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .profile_i(profile_i),
    .axil_awaddr_i(s_axil_awaddr_i),
    .axil_awvalid_i(s_axil_awvalid_i),
    .axil_awready_o(s_axil_awready_o),
    .axil_wdata_i(s_axil_wdata_i),
    .axil_wstrb_i(s_axil_wstrb_i),
    .axil_wvalid_i(s_axil_wvalid_i),
    .axil_wready_o(s_axil_wready_o),
    .axil_bresp_o(s_axil_bresp_o),
    .axil_bvalid_o(s_axil_bvalid_o),
    .axil_bready_i(s_axil_bready_i),
    .axil_araddr_i(s_axil_araddr_i),
    .axil_arvalid_i(s_axil_arvalid_i),
    .axil_arready_o(s_axil_arready_o),
    .axil_rdata_o(s_axil_rdata_o),
    .axil_rresp_o(s_axil_rresp_o),
    .axil_rvalid_o(s_axil_rvalid_o),
    .axil_rready_i(s_axil_rready_i),
    .irq_o(irq_o),
    .irq_settled_o(irq_settled),
    .soft_reset_o(soft_reset),
    .resetting_o(resetting),
    .clear_counters_o(clear_counters),
    .enable_o(enable),
    .bad_ring_o(bad_ring),
    .ring_base_o(ring_base),
    .ring_size_o(ring_size),
    .tail_o(tail),
    .watchdog_o(watchdog),
    .head_i(dispatched),
    .outstanding_i(outstanding),
    .front_idle_i(front_idle),
    .quiet_i(quiet),
    .halted_i(halted),
    .error_code_i(error_code),
    .error_tag_i(error_tag),
    .engine_state_i(engine_state),
    .fence_irq_i(fence_irq),
    .error_irq_i(first_error),
    .counter_word_o(counter_word),
    .counter_i(counter)
  );

  tessera_error u_error (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(soft_reset),
    .load_valid_i(load_error),
    .load_code_i(load_error_code),
    .load_tag_i(load_error_tag),
    .front_valid_i(front_error),
    .front_tag_i(front_error_tag),
    .store_valid_i(store_error),
    .store_tag_i(store_error_tag),
    .dispatch_valid_i(dispatch_error),
    .dispatch_code_i(dispatch_error_code),
    .dispatch_tag_i(dispatch_error_tag),
    .ring_valid_i(bad_ring),
    .code_o(error_code),
    .tag_o(error_tag),
    .halted_o(halted),
    .first_o(first_error)
  );

  tessera_memory_port #(
    .BUS_BYTES(BUS_BYTES)
  ) u_port (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .drop_i(soft_reset || resetting),
    .front_can_read_o(front_can_read),
    .front_read_i(front_read),
    .front_address_i(front_address),
    .front_beats_i(front_beats),
    .load_can_read_o(load_can_read),
    .load_read_i(load_read),
    .load_address_i(load_address),
    .load_beats_i(load_beats),
    .front_beat_o(front_beat),
    .load_beat_o(load_beat),
    .beat_error_o(beat_error),
    .beat_data_o(beat_data),
    .can_write_o(can_write),
    .write_i(write),
    .write_address_i(write_address),
    .write_beats_i(write_beats),
    .quiet_o(quiet),
    .axi_arid_o(m_axi_arid_o),
    .axi_araddr_o(m_axi_araddr_o),
    .axi_arlen_o(m_axi_arlen_o),
    .axi_arvalid_o(m_axi_arvalid_o),
    .axi_arready_i(m_axi_arready_i),
    .axi_rid_i(m_axi_rid_i),
    .axi_rdata_i(m_axi_rdata_i),
    .axi_rerror_i(m_axi_rresp_i != '0),
    .axi_rlast_i(m_axi_rlast_i),
    .axi_rvalid_i(m_axi_rvalid_i),
    .axi_awaddr_o(m_axi_awaddr_o),
    .axi_awlen_o(m_axi_awlen_o),
    .axi_awvalid_o(m_axi_awvalid_o),
    .axi_awready_i(m_axi_awready_i),
    .axi_bvalid_i(m_axi_bvalid_i)
  );

  tessera_front_end #(
    .BUS_BYTES(BUS_BYTES)
  ) u_front_end (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(soft_reset),
    .enable_i(enable),
    .halted_i(halted),
    .ring_base_i(ring_base),
    .ring_size_i(ring_size),
    .tail_i(tail),
    .can_read_i(front_can_read),
    .read_o(front_read),
    .read_address_o(front_address),
    .read_beats_o(front_beats),
    .beat_i(front_beat),
    .beat_error_i(beat_error),
    .beat_data_i(beat_data),
    .error_o(front_error),
    .error_tag_o(front_error_tag),
    .head_valid_o(descriptor_valid),
    .head_o(descriptor),
    .pop_i(descriptor_pop),
    .idle_o(front_idle)
  );

  tessera_issue #(
    .M(M), .D(D), .BUS_BYTES(BUS_BYTES)
  ) u_issue (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(soft_reset),
    .profile_i(profile_i),
    .enable_i(enable),
    .halted_i(halted),
    .watchdog_i(watchdog),
    .head_valid_i(descriptor_valid),
    .head_i(descriptor),
    .pop_o(descriptor_pop),
    .dispatched_o(dispatched),
    .outstanding_o(outstanding),
    .fence_waiting_o(fence_waiting),
    .error_o(dispatch_error),
    .error_code_o(dispatch_error_code),
    .error_tag_o(dispatch_error_tag),
    .load_valid_o(load_valid),
    .load_o(load_head),
    .load_number_o(load_number),
    .load_granted_o(load_granted),
    .load_pop_i(load_pop),
    .load_drop_i(load_drop),
    .load_size_o(load_size),
    .compute_valid_o(compute_valid),
    .compute_o(attend),
    .compute_number_o(compute_number),
    .compute_tickets_o(compute_tickets),
    .q_granted_o(q_granted),
    .k_granted_o(k_granted),
    .compute_pop_i(compute_pop),
    .compute_drop_i(compute_drop),
    .compute_size_o(compute_size),
    .admit_v_bank_i(admit_v_bank),
    .admit_s_bank_i(admit_s_bank),
    .admit_tickets_i(admit_tickets),
    .v_granted_o(v_granted),
    .s_granted_o(s_granted),
    .store_valid_o(store_valid),
    .store_o(store_head),
    .store_number_o(store_number),
    .store_loads_granted_o(store_loads_granted),
    .store_computes_granted_o(store_computes_granted),
    .store_last_merging_o(store_last_merging),
    .store_pop_i(store_pop),
    .store_drop_i(store_drop),
    .store_size_o(store_size),
    .load_over_i(load_retire),
    .load_over_bank_i(load_retire_bank),
    .q_over_i(q_over),
    .q_over_bank_i(q_over_bank),
    .k_over_i(k_over),
    .k_over_bank_i(k_over_bank),
    .v_over_i(v_over),
    .v_over_bank_i(v_over_bank),
    .s_over_i(s_over),
    .s_over_bank_i(s_over_bank),
    .store_over_i(store_over),
    .store_over_bank_i(store_over_bank),
    .load_retired_i(load_retire),
    .compute_retired_i(compute_retire),
    .store_retired_i(store_retire),
    .dispatch_o(trace_dispatch_o),
    .dispatch_number_o(trace_dispatch_number_o),
    .dispatch_opcode_o(trace_dispatch_opcode_o),
    .dispatch_tag_o(trace_dispatch_tag_o)
  );

  tessera_load_engine #(
    .M(M), .BUS_BYTES(BUS_BYTES)
  ) u_load_engine (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(soft_reset),
    .halted_i(halted),
    .head_valid_i(load_valid),
    .head_i(load_head),
    .head_number_i(load_number),
    .head_granted_i(load_granted),
    .pop_o(load_pop),
    .drop_o(load_drop),
    .can_read_i(load_can_read),
    .front_reads_i(front_read),
    .read_o(load_read),
    .read_address_o(load_address),
    .read_beats_o(load_beats),
    .beat_i(load_beat),
    .beat_error_i(beat_error),
    .beat_data_i(beat_data),
    .write_o(bank_write),
    .write_kind_o(bank_write_kind),
    .write_bank_o(bank_write_bank),
    .write_row_o(bank_write_row),
    .write_beat_o(bank_write_beat),
    .write_row_last_o(bank_write_row_last),
    .write_position_o(bank_write_position),
    .start_o(load_start),
    .start_number_o(trace_load_start_number_o),
    .retire_o(load_retire),
    .retire_number_o(trace_load_retire_number_o),
    .retire_bank_o(load_retire_bank),
    .active_o(load_active),
    .error_o(load_error),
    .error_code_o(load_error_code),
    .error_tag_o(load_error_tag),
    .index_burst_o(load_index),
    .burst_kind_o(load_kind)
  );

  tessera_compute_engine #(
    .M(M), .D(D), .LANES(LANES), .INTERLEAVE(INTERLEAVE), .BUS_BYTES(BUS_BYTES),
    .TicketBits(3 * tessera_pkg::TicketBits)
  ) u_compute_engine (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .srst_i(soft_reset),
    .cycle_i(cycle_q),
    .head_valid_i(compute_valid),
    .head_sequence_i(compute_number),
    .head_tickets_i(compute_tickets),
    .head_rows_i(attend.rows[10:0]),
    .head_keys_i(attend.keys[10:0]),
    .head_d_k_i(attend.d_k[9:0]),
    .head_d_v_i(attend.d_v[9:0]),
    .head_q_bank_i(attend.q_bank[0]),
    .head_k_bank_i(attend.k_bank[0]),
    .head_v_bank_i(attend.v_bank[0]),
    .head_state_bank_i(attend.state_bank[0]),
    .head_continue_i(attend.flags[tessera_pkg::FlagContinue-8]),
    .head_identity_i(attend.flags[tessera_pkg::FlagIdentity-8]),
    .head_factor_i(attend.factor),
    .head_mask_flags_i(attend.mask_flags[7:0]),
    .head_window_i(attend.window),
    .head_sinks_i(attend.sinks),
    .head_block_i(attend.block),
    .head_tail_i(attend.tail),
    .head_free_from_i(attend.free_from[10:0]),
    .head_diag_group_i(attend.diag_group[10:0]),
    .head_prefix_i(attend.prefix),
    .q_granted_i(q_granted),
    .k_granted_i(k_granted),
    .pop_o(compute_pop),
    .drop_o(compute_drop),
    .admit_valid_o(unused_admit_valid),
    .admit_v_bank_o(admit_v_bank),
    .admit_state_bank_o(admit_s_bank),
    .admit_tickets_o(admit_tickets),
    .v_granted_i(v_granted),
    .state_granted_i(s_granted),
    .halted_i(halted),
    .load_active_i(load_active != '0),
    .store_active_i(store_active != '0),
    .active_o(compute_active),
    .abort_o(unused_abort),
    .q_release_o(q_over),
    .q_release_bank_o(q_over_bank),
    .k_release_o(k_over),
    .k_release_bank_o(k_over_bank),
    .v_release_o(v_over),
    .v_release_bank_o(v_over_bank),
    .state_release_o(s_over),
    .state_release_bank_o(s_over_bank),
    .state_rows_o(rows_merged),
    .load_valid_i(bank_write),
    .load_kind_i(bank_write_kind),
    .load_bank_i(bank_write_bank),
    .load_row_i(bank_write_row),
    .load_beat_i(bank_write_beat),
    .load_data_i(beat_data),
    .load_position_i(bank_write_position),
    .store_read_i(row_read),
    .store_bank_i(row_read_bank),
    .store_row_i(row_read_row),
    .store_o_o(row_o),
    .store_l_o(row_l),
    .store_m_o(row_m),
    .store_flags_o(row_flags),
    .start_o(compute_start),
    .start_sequence_o(trace_compute_start_number_o),
    .retire_o(compute_retire),
    .retire_sequence_o(trace_compute_retire_number_o),
    .group_o(trace_group_o),
    .group_sequence_o(trace_group_number_o),
    .group_index_o(trace_group_index_o),
    .group_keys_o(trace_group_keys_o),
    .group_score_o(trace_group_score_o),
    .group_value_o(trace_group_value_o),
    .score_busy_o(score_busy),
    .score_stall_q_o(score_stall_q),
    .score_stall_k_o(score_stall_k),
    .score_stall_buffer_o(score_stall_buffer),
    .score_idle_o(score_idle),
    .value_busy_o(value_busy),
    .value_stall_v_o(value_stall_v),
    .value_stall_state_o(value_stall_state),
    .value_stall_score_o(value_stall_score),
    .value_idle_o(value_idle),
    .k_row_read_o(k_row_read),
    .v_row_read_o(v_row_read),
    .state_row_read_o(merge_read),
    .state_row_write_o(merge_write)
  );

  tessera_store_engine #(
    .D(D), .BUS_BYTES(BUS_BYTES)
  ) u_store_engine (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(soft_reset),
    .resetting_i(resetting),
    .halted_i(halted),
    .head_valid_i(store_valid),
    .head_i(store_head),
    .head_number_i(store_number),
    .loads_granted_i(store_loads_granted),
    .computes_granted_i(store_computes_granted),
    .last_merging_i(store_last_merging),
    .rows_merged_i(store_head.state_bank[0] ? rows_merged[21:11] : rows_merged[10:0]),
    .pop_o(store_pop),
    .drop_o(store_drop),
    .row_read_o(row_read),
    .row_bank_o(row_read_bank),
    .row_o(row_read_row),
    .row_o_i(row_o),
    .row_l_i(row_l),
    .row_m_i(row_m),
    .row_flags_i(row_flags),
    .can_write_i(can_write),
    .write_o(write),
    .write_address_o(write_address),
    .write_beats_o(write_beats),
    .axi_wdata_o(m_axi_wdata_o),
    .axi_wlast_o(m_axi_wlast_o),
    .axi_wvalid_o(m_axi_wvalid_o),
    .axi_wready_i(m_axi_wready_i),
    .axi_bvalid_i(m_axi_bvalid_i),
    .axi_berror_i(m_axi_bresp_i != '0),
    .start_o(store_start),
    .start_number_o(trace_store_start_number_o),
    .retire_o(store_retire),
    .retire_number_o(trace_store_retire_number_o),
    .retire_fence_o(store_retire_fence),
    .retire_irq_o(fence_irq),
    .over_o(store_over),
    .over_bank_o(store_over_bank),
    .active_o(store_active),
    .error_o(store_error),
    .error_tag_o(store_error_tag),
    .burst_kind_o(write_kind),
    .state_row_read_o(store_row_read),
    .row_empty_o(row_empty),
    .row_nan_o(row_nan),
    .row_saturated_o(row_saturated),
    .row_div0_o(row_div0)
  );

  tessera_counters #(
    .LANES(LANES), .BUS_BYTES(BUS_BYTES)
  ) u_counters (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(soft_reset || clear_counters),
    .snapshot_i(store_retire_fence),
    .word_i(counter_word),
    .value_o(counter),
    .load_busy_i(load_start || load_active != '0),
    .load_waits_i(load_valid),
    .score_busy_i(score_busy),
    .score_stall_q_i(score_stall_q),
    .score_stall_k_i(score_stall_k),
    .score_stall_buffer_i(score_stall_buffer),
    .score_idle_i(score_idle),
    .value_busy_i(value_busy),
    .value_stall_v_i(value_stall_v),
    .value_stall_state_i(value_stall_state),
    .value_stall_score_i(value_stall_score),
    .value_idle_i(value_idle),
    .store_busy_i(store_start || store_active != '0),
    .store_waits_i(store_valid),
    .front_read_i(front_read),
    .load_read_i(load_read),
    .load_index_i(load_index),
    .load_kind_i(load_kind),
    .load_beats_i(load_beats),
    .write_i(write),
    .write_kind_i(write_kind),
    .write_beats_i(write_beats),
    .bank_write_i(bank_write),
    .bank_write_kind_i(bank_write_kind),
    .bank_write_row_last_i(bank_write_row_last),
    .k_row_read_i(k_row_read),
    .v_row_read_i(v_row_read),
    .merge_read_i(merge_read),
    .merge_write_i(merge_write),
    .store_row_read_i(store_row_read),
    .load_retired_i(load_retire),
    .compute_retired_i(compute_retire),
    .store_retired_i(store_retire),
    .row_empty_i(row_empty),
    .row_nan_i(row_nan),
    .row_saturated_i(row_saturated),
    .row_div0_i(row_div0)
  );

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   profile_i <= 2'(tessera_pkg::ProfileStateful));
  assert property (@(posedge clk_i) disable iff (!rst_ni) $stable(profile_i));
`endif
endmodule
