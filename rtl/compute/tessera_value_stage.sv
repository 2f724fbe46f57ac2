// SPDX-License-Identifier: MIT
// Second half of the compute engine: admits lane groups when their V and state banks are granted,
// computes V, turns scores into weights and sums weights times values. Finished turns go to the shadow
// register of the array, from where the merge takes them. After an error it drops the groups that
// wait for a bank that nobody will release.
module tessera_value_stage #(
  parameter int unsigned D           = 16,
  parameter int unsigned LANES       = 2,
  parameter int unsigned INTERLEAVE  = 4,
  parameter int unsigned TicketBits  = 32,
  parameter int unsigned GroupsDepth = 16,  // lane groups between admission and V
  parameter int unsigned TurnBits    = (INTERLEAVE > 1) ? $clog2(INTERLEAVE) : 1,
  parameter int unsigned LaneBits    = (LANES > 1) ? $clog2(LANES) : 1
) (
  input  logic                             clk_i,
  input  logic                             clear_i,
  input  logic [63:0]                      cycle_i,
  // Groups in the cycle of their S
  input  logic                             group_valid_i,
  input  tessera_group_pkg::value_group_t  group_i,
  input  logic [TicketBits-1:0]            group_tickets_i,
  // Admission
  output logic                             waiting_o,
  output tessera_group_pkg::value_group_t  waiting_group_o,
  output logic [TicketBits-1:0]            waiting_tickets_o,
  input  logic                             v_granted_i,
  input  logic                             state_granted_i,
  output logic                             admit_o,          // pulse: A
  output logic [63:0]                      admit_free_o,     // its score buffer may be had from here
  input  logic                             halted_i,
  input  logic                             load_active_i,
  input  logic                             store_active_i,
  output logic                             abort_o,          // pulse
  // Score buffer
  output logic                             read_o,
  output logic                             read_buffer_o,
  output logic [9:0]                       read_key_o,
  output logic [TurnBits-1:0]              read_turn_o,
  input  logic [LANES*32-1:0]              t_i,
  input  logic [LANES-1:0]                 nan_i,
  input  logic [LANES-1:0]                 allowed_i,
  input  logic [LANES*18-1:0]              maximum_i,
  // V bank
  output logic                             v_read_o,
  output logic                             v_bank_o,
  output logic [9:0]                       v_row_o,
  input  logic [D*16-1:0]                  v_i,
  output logic                             release_o,        // pulse: read for the last time
  output logic                             release_bank_o,
  // Merge
  output logic                             capture_o,
  output logic [TurnBits-1:0]              capture_turn_o,
  output logic [LANES*18-1:0]              capture_maximum_o,
  output logic                             finish_o,         // pulse: first turn is captured
  output tessera_group_pkg::value_group_t  finish_group_o,
  input  logic                             tile_read_i,
  input  logic [TurnBits-1:0]              tile_turn_i,
  input  logic [LaneBits-1:0]              tile_lane_i,
  input  logic [15:0]                      tile_delta_i,
  output logic [(D+1)*32-1:0]              tile_o,
  // Counters
  output logic                             busy_o,
  output logic                             stall_v_o,
  output logic                             stall_state_o,
  output logic                             stall_score_o
);
  localparam int unsigned I         = INTERLEAVE;
  localparam int unsigned TurnLog   = $clog2(I);

  // ---- Admission
  tessera_group_pkg::value_group_t waiting, admitted, next_group;
  logic        waiting_valid, next_valid, dropped_q;
  logic        spaced_q;             // some group was admitted since reset
  logic [63:0] keys_end_q;           // V + I*n of the last one
  logic [63:0] known, spaced, value;
  logic [10:0] short_by;

  tessera_group_fifo #(.WIDTH($bits(waiting) + TicketBits), .DEPTH(2)) u_waiting (
    .clk_i   (clk_i),
    .clear_i (clear_i),
    .push_i  (group_valid_i),
    .data_i  ({group_i, group_tickets_i}),
    .valid_o (waiting_valid),
    .head_o  ({waiting, waiting_tickets_o}),
    .pop_i   (admit_o)
  );
  assign waiting_o       = waiting_valid && !dropped_q;
  assign waiting_group_o = waiting;
  assign admit_o         = waiting_o && v_granted_i && state_granted_i;
  assign abort_o         = waiting_o && halted_i && !load_active_i &&
                           (!v_granted_i || (!state_granted_i && !store_active_i));

  assign short_by = (waiting.keys < 11'(LANES)) ? 11'(LANES) - waiting.keys : 11'd0;
  assign known    = waiting.score + ((64'(waiting.keys) + 64'(D)) << TurnLog) +
                    64'(tessera_pkg::MaxKnownCycles);
  assign spaced   = spaced_q ? keys_end_q + (64'(short_by) << TurnLog) : 64'd0;
  always_comb begin
    value = (known > cycle_i + 64'd1) ? known : cycle_i + 64'd1;
    if (spaced > value) value = spaced;
    admitted       = waiting;
    admitted.value = value;
  end
  assign admit_free_o = value + 64'd1 - 64'(I * D) - 64'(tessera_pkg::ScoreWriteCycles);

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      spaced_q  <= 1'b0;
      dropped_q <= 1'b0;
    end else begin
      if (admit_o) begin
        spaced_q   <= 1'b1;
        keys_end_q <= value + (64'(waiting.keys) << TurnLog);
      end
      if (abort_o) dropped_q <= 1'b1;
    end
  end

  // ---- V: keys enter (a), scores and maxima come a cycle later
  logic                            start, valid_a, first_a, last_a, end_a, buffer_q;
  logic [9:0]                      key_a;
  logic [TurnBits-1:0]             turn_a;
  tessera_group_pkg::value_group_t group_q;
  logic                            unused_busy, unused_valid, unused_group;
  assign unused_group = ^group_q;

  tessera_group_fifo #(.WIDTH($bits(waiting)), .DEPTH(GroupsDepth)) u_admitted (
    .clk_i   (clk_i),
    .clear_i (clear_i),
    .push_i  (admit_o),
    .data_i  (admitted),
    .valid_o (next_valid),
    .head_o  (next_group),
    .pop_i   (start)
  );
  assign start = next_valid && (next_group.value == cycle_i);
  tessera_key_counter #(.INTERLEAVE(I)) u_keys (
    .clk_i   (clk_i),
    .clear_i (clear_i),
    .start_i (start),
    .keys_i  (next_group.keys),
    .busy_o  (unused_busy),
    .valid_o (valid_a),
    .key_o   (key_a),
    .turn_o  (turn_a),
    .first_o (first_a),
    .last_o  (last_a),
    .end_o   (end_a)
  );
  always_ff @(posedge clk_i) begin
    if (clear_i) buffer_q <= 1'b1;
    else if (start) buffer_q <= !buffer_q;
    if (start) group_q <= next_group;
  end
  assign read_o        = valid_a;
  assign read_buffer_o = buffer_q ^ start;
  assign read_key_o    = key_a;
  assign read_turn_o   = turn_a;

  assign busy_o        = valid_a;
  assign stall_score_o = !valid_a && (next_valid || (waiting_o && v_granted_i && state_granted_i));
  assign stall_v_o     = !valid_a && !next_valid && waiting_o && !v_granted_i;
  assign stall_state_o = !valid_a && !next_valid && waiting_o && v_granted_i && !state_granted_i;

  // ---- a+1: maximum of the turn, from the buffer with the first key, held afterwards
  logic                valid_1, first_1, last_1, end_1;
  logic [9:0]          key_1;
  logic [TurnBits-1:0] turn_1;
  logic [LANES*18-1:0] held_q [1 << TurnBits];
  logic [LANES*18-1:0] maximum_1;

  always_ff @(posedge clk_i) begin
    valid_1 <= valid_a && !clear_i;
    if (valid_a) begin
      first_1 <= first_a;
      last_1  <= last_a;
      end_1   <= end_a;
      key_1   <= key_a;
      turn_1  <= turn_a;
    end
    if (valid_1) held_q[turn_1] <= maximum_1;
  end
  assign maximum_1 = first_1 ? maximum_i : held_q[turn_1];

  // ---- a+4: V row; a+5: weights
  logic                valid_5, first_5, last_5;
  logic [TurnBits-1:0] turn_5;
  logic [9:0]          cols_5;
  logic [LANES-1:0]    allowed_5;
  logic [LANES*16-1:0] weight_5;

  tessera_delay #(.WIDTH(13), .CYCLES(3)) u_address (
    .clk_i   (clk_i),
    .clear_i (clear_i),
    .d_i     ({valid_1 && (turn_1 == '0), valid_1 && end_1 && group_q.last, group_q.v_bank, key_1}),
    .q_o     ({v_read_o, release_o, v_bank_o, v_row_o})
  );
  assign release_bank_o = v_bank_o;

  for (genvar l = 0; l < LANES; l++) begin : g_lane
    tessera_exp2 u_exp2 (
      .clk_i      (clk_i),
      .valid_i    (valid_1 && allowed_i[l]),
      .identity_i (group_q.identity),
      .nan_i      (nan_i[l]),
      .t_i        (t_i[l*32 +: 32]),
      .m_i        (maximum_1[l*18 +: 16]),
      .weight_o   (weight_5[l*16 +: 16])
    );
  end
  tessera_delay #(.WIDTH(13 + TurnBits + LANES), .CYCLES(tessera_pkg::ExpCycles)) u_weight (
    .clk_i   (clk_i),
    .clear_i (clear_i),
    .d_i     ({valid_1, first_1, last_1, turn_1, group_q.d_v, allowed_i}),
    .q_o     ({valid_5, first_5, last_5, turn_5, cols_5, allowed_5})
  );

  tessera_value_array #(.D(D), .LANES(LANES), .INTERLEAVE(I)) u_array (
    .clk_i       (clk_i),
    .clear_i     (clear_i),
    .valid_i     (valid_5),
    .first_i     (first_5),
    .last_i      (last_5),
    .turn_i      (turn_5),
    .weight_i    (weight_5),
    .allowed_i   (allowed_5),
    .v_i         (v_i),
    .cols_i      (cols_5),
    .read_i      (tile_read_i),
    .read_turn_i (tile_turn_i),
    .read_lane_i (tile_lane_i),
    .delta_i     (tile_delta_i),
    .row_o       (tile_o)
  );

  // ---- a+6+I: the sums of the last key are complete
  tessera_delay #(.WIDTH(1 + TurnBits), .CYCLES(I + 1)) u_capture (
    .clk_i   (clk_i),
    .clear_i (clear_i),
    .d_i     ({valid_5 && last_5, turn_5}),
    .q_o     ({capture_o, capture_turn_o})
  );
  tessera_delay #(.WIDTH(LANES * 18), .CYCLES(I + 5)) u_maximum (
    .clk_i   (clk_i),
    .clear_i (clear_i),
    .d_i     (maximum_1),
    .q_o     (capture_maximum_o)
  );
  assign finish_o = capture_o && (capture_turn_o == '0);
  tessera_group_fifo #(.WIDTH($bits(waiting)), .DEPTH(4)) u_finishing (
    .clk_i   (clk_i),
    .clear_i (clear_i),
    .push_i  (start),
    .data_i  (next_group),
    .valid_o (unused_valid),
    .head_o  (finish_group_o),
    .pop_i   (finish_o)
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (!clear_i && next_valid)
      assert (next_group.value >= cycle_i) else $error("lane group missed its cycle");
`endif
endmodule
