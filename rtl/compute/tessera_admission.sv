// SPDX-License-Identifier: MIT
// Admits lane groups in order. A group that has entered the score stage waits here for its V and
// state banks. From its admission on its cycles are certain: the unit computes V, and the cycle
// from which other scores may take the place of the group's. After an error it drops the groups
// that wait for a bank that nobody will release.
module tessera_admission #(
  parameter int unsigned D = 16,
  parameter int unsigned LANES = 2,
  parameter int unsigned INTERLEAVE = 4
) (
  input  logic                                 clk_i,
  input  logic                                 clear_i,
  input  logic [63:0]                          cycle_i,
  // <- score stage, in the cycle of S
  input  logic                                 lane_group_valid_i,
  input  tessera_lane_group_pkg::value_group_t lane_group_i,
  input  tessera_port_pkg::admit_tickets_t     tickets_i,
  // <-> scoreboard: may the oldest group touch its banks?
  output tessera_port_pkg::admit_req_t         admit_o,
  input  tessera_port_pkg::admit_rsp_t         admit_i,
  // <- error latch and the other engines
  input  logic                                 halted_i,
  input  logic                                 load_active_i,
  input  logic                                 store_active_i,
  output logic                                 abort_o,      // pulse: the groups are dropped
  output logic                                 dropped_o,    // from that cycle on
  // -> score stage and value stage
  output tessera_lane_group_pkg::admission_t   admission_o,  // pulse: A
  output tessera_lane_group_pkg::value_group_t admitted_o,
  // -> counters: what the oldest group waits for
  output logic                                 wait_v_o,
  output logic                                 wait_state_o
);
  localparam int unsigned TurnLog = $clog2(INTERLEAVE);

  typedef enum logic [1:0] {
    Fresh,    // no group was admitted since the reset
    Running,  // V must keep its distance to that of the last group
    Dropped   // nothing is admitted until the reset
  } state_e;

  state_e      state_q;
  tessera_lane_group_pkg::value_group_t waiting;
  logic        waiting_valid, asks, admit;
  logic [63:0] keys_end_q;  // V + I*n of the last group
  logic [63:0] known, spaced, value_start;
  logic [10:0] short_by;

  tessera_lane_group_fifo #(
    .WIDTH($bits(waiting) + $bits(tickets_i)), .DEPTH(tessera_pkg::ScoreLaneGroups)
  ) u_waiting (
    .clk_i, .clear_i, .push_i(lane_group_valid_i), .data_i({lane_group_i, tickets_i}),
    .valid_o(waiting_valid), .head_o({waiting, admit_o.tickets}), .pop_i(admit)
  );
  assign asks = waiting_valid && state_q != Dropped;
  assign admit = asks && admit_i.v_granted && admit_i.state_granted;
  assign abort_o = asks && halted_i && !load_active_i &&
                   (!admit_i.v_granted || (!admit_i.state_granted && !store_active_i));
  assign dropped_o = abort_o || state_q == Dropped;
  assign admit_o.valid = asks;
  assign admit_o.v_bank = waiting.v_bank;
  assign admit_o.state_bank = waiting.state_bank;
  assign wait_v_o = asks && !admit_i.v_granted;
  assign wait_state_o = asks && admit_i.v_granted && !admit_i.state_granted;

  assign short_by = waiting.keys < 11'(LANES) ? 11'(LANES) - waiting.keys : 11'd0;
  assign known = waiting.score_start + ((64'(waiting.keys) + 64'(D)) << TurnLog) +
                 64'(tessera_pkg::MaxKnownCycles);
  assign spaced = state_q == Running ? keys_end_q + (64'(short_by) << TurnLog) : 64'd0;
  always_comb begin
    value_start = (known > cycle_i + 64'd1) ? known : cycle_i + 64'd1;
    if (spaced > value_start) value_start = spaced;
    admitted_o = waiting;
    admitted_o.value_start = value_start;
  end
  assign admission_o.valid = admit;
  assign admission_o.free =
      value_start + 64'd1 - 64'(INTERLEAVE * D) - 64'(tessera_pkg::ScoreWriteCycles);

  always_ff @(posedge clk_i) begin
    if (admit) keys_end_q <= value_start + (64'(waiting.keys) << TurnLog);
    if (clear_i) state_q <= Fresh;
    else if (abort_o) state_q <= Dropped;
    else if (admit) state_q <= Running;
  end
endmodule
