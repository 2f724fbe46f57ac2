// SPDX-License-Identifier: MIT
// The compute engine: score stage, value stage, merge, all operand and state banks. Cycles are those
// of docs/timing.md, section 4. "Pulse in t" means: combinational in t, so a register behind it is
// visible from t+1. It keeps no tickets: they travel with the command, and the scoreboard outside
// answers for the two places that wait (head of the queue; lane group to be admitted next).
module tessera_compute_engine #(
  parameter int unsigned M          = 16,
  parameter int unsigned D          = 16,
  parameter int unsigned LANES      = 2,
  parameter int unsigned INTERLEAVE = 4,
  parameter int unsigned BUS_BYTES  = 16,
  parameter int unsigned TicketBits = 32   // opaque, returned with the group to be admitted
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,        // synchronous use; both clear control, not the banks
  input  logic                   srst_i,        // soft reset
  input  logic [63:0]            cycle_i,       // free-running; only differences matter

  // Head of the compute queue (an ATTEND that passed the checks). Must not change until pop_o.
  input  logic                   head_valid_i,
  input  logic [31:0]            head_sequence_i,
  input  logic [TicketBits-1:0]  head_tickets_i,  // of V and state, for the admit_ query
  input  logic [10:0]            head_rows_i,
  input  logic [10:0]            head_keys_i,
  input  logic [9:0]             head_d_k_i,
  input  logic [9:0]             head_d_v_i,
  input  logic                   head_q_bank_i,
  input  logic                   head_k_bank_i,
  input  logic                   head_v_bank_i,
  input  logic                   head_state_bank_i,
  input  logic                   head_continue_i,
  input  logic                   head_identity_i,
  input  logic [31:0]            head_factor_i,
  input  logic [6:0]             head_mask_flags_i,
  input  logic [31:0]            head_window_i,
  input  logic [31:0]            head_sinks_i,
  input  logic [31:0]            head_block_i,
  input  logic [31:0]            head_tail_i,
  input  logic [10:0]            head_free_from_i,
  input  logic [10:0]            head_diag_group_i,
  input  logic                   q_granted_i,   // tickets of the head; must not depend on outputs
  input  logic                   k_granted_i,
  output logic                   pop_o,         // pulse: the head's last lane group enters
  output logic                   drop_o,        // pulse: halted, drop everything queued

  // The lane group to be admitted next, and its grants (combinational answer to admit_*).
  output logic                   admit_valid_o,
  output logic                   admit_v_bank_o,
  output logic                   admit_state_bank_o,
  output logic [TicketBits-1:0]  admit_tickets_o,
  input  logic                   v_granted_i,
  input  logic                   state_granted_i,

  // Errors (docs/timing.md, section 7), all as registers visible in this cycle.
  input  logic                   halted_i,
  input  logic                   load_active_i,  // a load has started and is not over
  input  logic                   store_active_i,
  output logic [7:0]             active_o,       // ATTENDs started and not over (register)
  output logic                   abort_o,          // pulse: the pipeline is dropped in this cycle

  // Bank touches of an ATTEND that are over: pulse in the cycle before the contract's "visible".
  output logic                   q_release_o,
  output logic                   q_release_bank_o,
  output logic                   k_release_o,
  output logic                   k_release_bank_o,
  output logic                   v_release_o,
  output logic                   v_release_bank_o,
  output logic                   state_release_o,
  output logic                   state_release_bank_o,
  // Rows merged by the touch after the last one that is over, per state bank (register).
  output logic [1:0][10:0]       state_rows_o,

  // Bank writes by the load engine: one beat of one row. Kind 0 Q, 1 K, 2 V, 3 state.
  input  logic                   load_valid_i,
  input  logic [1:0]             load_kind_i,
  input  logic                   load_bank_i,
  input  logic [9:0]             load_row_i,
  input  logic [7:0]             load_beat_i,      // within the row; state: beat 0 is {l, m|flags}
  input  logic [BUS_BYTES*8-1:0] load_data_i,
  input  logic [31:0]            load_position_i,  // of the row, Q and K; with every beat

  // State rows read by the store engine: data in the next cycle, held until the next read.
  input  logic                   store_read_i,
  input  logic                   store_bank_i,
  input  logic [9:0]             store_row_i,
  output logic [D*32-1:0]        store_o_o,        // column j in bits 32*j and up
  output logic [31:0]            store_l_o,
  output logic [15:0]            store_m_o,
  output logic [15:0]            store_flags_o,

  // Trace. A group is reported in the cycle in which its last valid row is written.
  output logic                   start_o,          // pulse: S of a command's first group
  output logic [31:0]            start_sequence_o,
  output logic                   retire_o,         // pulse: the command's last row is written
  output logic [31:0]            retire_sequence_o,
  output logic                   group_o,
  output logic [31:0]            group_sequence_o,
  output logic [9:0]             group_index_o,
  output logic [10:0]            group_keys_o,
  output logic [63:0]            group_score_o,    // S
  output logic [63:0]            group_value_o,    // V; the last row's cycle is cycle_i

  // Counters: increments of this cycle. Exactly one of each five is set.
  output logic                   score_busy_o,     // also LANES Q rows read, LANES scores written
  output logic                   score_stall_q_o,
  output logic                   score_stall_k_o,
  output logic                   score_stall_buffer_o,
  output logic                   score_idle_o,
  output logic                   value_busy_o,     // also LANES scores read
  output logic                   value_stall_v_o,
  output logic                   value_stall_state_o,
  output logic                   value_stall_score_o,
  output logic                   value_idle_o,
  output logic                   k_row_read_o,
  output logic                   v_row_read_o,
  output logic                   state_row_read_o,   // by a merge
  output logic                   state_row_write_o   // by a merge
);
endmodule
