// SPDX-License-Identifier: MIT
// Test top: the compute engine with a port for every field of its structs.
module rtl_engine_top #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned LANES = 2,
  parameter int unsigned INTERLEAVE = 4,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clear_i,
  input  logic [63:0]            cycle_i,
  input  logic                   key_ranges_i,
  // Head of the compute queue
  input  logic                   head_valid_i,
  input  logic                   q_granted_i,
  input  logic                   k_granted_i,
  input  logic [31:0]            head_number_i,
  input  logic [29:0]            head_tickets_i,
  input  logic [15:0]            head_rows_i,
  input  logic [15:0]            head_keys_i,
  input  logic [15:0]            head_d_k_i,
  input  logic [15:0]            head_d_v_i,
  input  logic [3:0]             head_q_bank_i,
  input  logic [3:0]             head_k_bank_i,
  input  logic [3:0]             head_v_bank_i,
  input  logic [3:0]             head_state_bank_i,
  input  logic                   head_continue_i,
  input  logic                   head_identity_i,
  input  logic [31:0]            head_factor_i,
  input  logic [31:0]            head_mask_flags_i,
  input  logic [31:0]            head_window_i,
  input  logic [31:0]            head_sinks_i,
  input  logic [31:0]            head_block_i,
  input  logic [31:0]            head_summary_i,
  input  logic [31:0]            head_free_from_i,
  input  logic [31:0]            head_diag_group_i,
  input  logic [31:0]            head_prefix_i,
  input  logic                   head_known_i,
  input  logic [31:0]            head_q_position_i,
  input  logic [31:0]            head_k_position_i,
  output logic                   pop_o,
  output logic                   drop_o,
  // The lane group to be admitted next
  output logic                   admit_valid_o,
  output logic                   admit_v_bank_o,
  output logic                   admit_state_bank_o,
  output logic [29:0]            admit_tickets_o,
  input  logic                   v_granted_i,
  input  logic                   state_granted_i,
  // Errors
  input  logic                   halted_i,
  input  logic                   load_active_i,
  input  logic                   store_active_i,
  output logic [7:0]             active_o,
  output logic                   abort_o,
  // Touches that end
  output logic                   q_release_o,
  output logic                   q_release_bank_o,
  output logic                   k_release_o,
  output logic                   k_release_bank_o,
  output logic                   v_release_o,
  output logic                   v_release_bank_o,
  output logic                   state_release_o,
  output logic                   state_release_bank_o,
  output logic [21:0]            state_rows_o,
  // Bank writes
  input  logic                   load_valid_i,
  input  logic [1:0]             load_kind_i,
  input  logic                   load_bank_i,
  input  logic [9:0]             load_row_i,
  input  logic [7:0]             load_beat_i,
  input  logic [BUS_BYTES*8-1:0] load_data_i,
  input  logic [31:0]            load_position_i,
  // State rows
  input  logic                   store_read_i,
  input  logic                   store_bank_i,
  input  logic [9:0]             store_row_index_i,
  output logic [D*32-1:0]        store_row_out_o,
  output logic [31:0]            store_l_o,
  output logic [15:0]            store_m_o,
  output logic [15:0]            store_flags_o,
  // Trace
  output logic                   start_o,
  output logic [31:0]            start_number_o,
  output logic                   retire_o,
  output logic [31:0]            retire_number_o,
  output logic                   lane_group_o,
  output logic [31:0]            lane_group_number_o,
  output logic [9:0]             lane_group_index_o,
  output logic [10:0]            lane_group_keys_o,
  output logic [63:0]            lane_group_score_start_o,
  output logic [63:0]            lane_group_value_start_o,
  // Counters
  output logic                   score_busy_o,
  output logic                   score_stall_q_o,
  output logic                   score_stall_k_o,
  output logic                   score_stall_buffer_o,
  output logic                   score_idle_o,
  output logic                   value_busy_o,
  output logic                   value_stall_v_o,
  output logic                   value_stall_state_o,
  output logic                   value_stall_score_o,
  output logic                   value_idle_o,
  output logic                   k_row_read_o,
  output logic                   v_row_read_o,
  output logic                   state_row_read_o,
  output logic                   state_row_write_o
);
  tessera_port_pkg::compute_req_t      queue;
  logic [tessera_mask_pkg::MaskWordsBits-1:0] queue_mask;
  tessera_port_pkg::queue_rsp_t        taken;
  tessera_port_pkg::admit_req_t        admit;
  tessera_port_pkg::admit_rsp_t        granted;
  tessera_port_pkg::compute_release_t  release_all;
  tessera_port_pkg::bank_write_t       bank_write;
  tessera_port_pkg::row_req_t          row;
  tessera_port_pkg::row_rsp_t          row_out;
  tessera_port_pkg::event_t            start, retire;
  tessera_port_pkg::lane_group_event_t lane_group;
  tessera_port_pkg::compute_activity_t activity;

  assign queue_mask = {head_prefix_i, head_diag_group_i, head_free_from_i, head_summary_i,
                       head_block_i, head_sinks_i, head_window_i, head_mask_flags_i};
  always_comb begin
    queue = '0;
    queue.valid = head_valid_i;
    queue.q_granted = q_granted_i;
    queue.k_granted = k_granted_i;
    queue.number = head_number_i;
    queue.tickets = head_tickets_i;
    queue.positions = {head_known_i, head_q_position_i, head_k_position_i};
    queue.command.rows = head_rows_i;
    queue.command.keys = head_keys_i;
    queue.command.d_k = head_d_k_i;
    queue.command.d_v = head_d_v_i;
    queue.command.q_bank = head_q_bank_i;
    queue.command.k_bank = head_k_bank_i;
    queue.command.v_bank = head_v_bank_i;
    queue.command.state_bank = head_state_bank_i;
    queue.command.flags[tessera_pkg::FlagContinue-8] = head_continue_i;
    queue.command.flags[tessera_pkg::FlagIdentity-8] = head_identity_i;
    queue.command.factor = head_factor_i;
    bank_write = '0;
    bank_write.valid = load_valid_i;
    bank_write.id = {load_kind_i, load_bank_i};
    bank_write.row = load_row_i;
    bank_write.beat = load_beat_i;
    bank_write.position = load_position_i;
  end
  assign row = {store_read_i, store_bank_i, store_row_index_i};
  assign granted = {v_granted_i, state_granted_i};

  tessera_compute_engine #(
    .M(M), .D(D), .LANES(LANES), .INTERLEAVE(INTERLEAVE), .BUS_BYTES(BUS_BYTES)
  ) u_engine (
    .clk_i, .rst_ni, .clear_i, .cycle_i, .key_ranges_i,
    .queue_i(queue), .queue_mask_i(queue_mask), .queue_o(taken),
    .admit_o(admit), .admit_i(granted), .halted_i, .load_active_i, .store_active_i, .abort_o,
    .release_o(release_all), .state_rows_o, .active_o,
    .bank_write_i(bank_write), .bank_data_i(load_data_i),
    .row_i(row), .row_o(row_out), .row_out_o(store_row_out_o),
    .start_o(start), .retire_o(retire), .lane_group_o(lane_group), .activity_o(activity)
  );

  assign {pop_o, drop_o} = taken;
  assign {admit_valid_o, admit_v_bank_o, admit_state_bank_o, admit_tickets_o} = admit;
  assign {q_release_o, q_release_bank_o, k_release_o, k_release_bank_o, v_release_o,
          v_release_bank_o, state_release_o, state_release_bank_o} = release_all;
  assign {store_l_o, store_m_o, store_flags_o} = row_out;
  assign {start_o, start_number_o} = start;
  assign {retire_o, retire_number_o} = retire;
  assign {lane_group_o, lane_group_keys_o, lane_group_index_o, lane_group_number_o,
          lane_group_score_start_o, lane_group_value_start_o} = lane_group;
  assign {score_busy_o, score_stall_q_o, score_stall_k_o, score_stall_buffer_o, score_idle_o,
          value_busy_o, value_stall_v_o, value_stall_state_o, value_stall_score_o, value_idle_o,
          k_row_read_o, v_row_read_o, state_row_read_o, state_row_write_o} = activity;
endmodule
