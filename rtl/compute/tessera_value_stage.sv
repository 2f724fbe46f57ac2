// SPDX-License-Identifier: MIT
// Second half of the compute engine. From V on, an admitted lane group's scores become weights, and
// weights times values are summed. Finished turns go to the array's shadow register, where the
// merge takes them.
module tessera_value_stage #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned LANES = 2,
  parameter int unsigned INTERLEAVE = 4,
  parameter int unsigned LANE_GROUPS = 16  // lane groups between admission and V
) (
  input  logic                                 clk_i,
  input  logic                                 clear_i,
  input  logic [63:0]                          cycle_i,
  // <- admission
  input  logic                                 admit_i,           // pulse: A
  input  tessera_lane_group_pkg::value_group_t lane_group_i,
  // <-> score buffer
  output tessera_lane_group_pkg::score_read_t  read_o,
  input  logic [LANES*32-1:0]                  t_i,
  input  logic [LANES-1:0]                     nan_i,
  input  logic [LANES-1:0]                     allowed_i,
  input  logic [LANES*18-1:0]                  maximum_i,
  // <-> V bank
  output tessera_lane_group_pkg::bank_read_t   v_read_o,
  input  logic [D*16-1:0]                      v_i,
  output tessera_port_pkg::release_t           v_release_o,       // pulse: read for the last time
  // <-> merge
  output tessera_lane_group_pkg::capture_t     capture_o,
  output logic [LANES*18-1:0]                  capture_maximum_o,
  output logic                                 finish_o,          // pulse: first turn is captured
  output tessera_lane_group_pkg::value_group_t finish_lane_group_o,
  input  tessera_lane_group_pkg::tile_read_t   tile_read_i,
  output logic [(D+1)*32-1:0]                  tile_o,
  // -> counters
  output logic                                 busy_o,            // a key enters
  output logic                                 pending_o          // admitted, V is to come
);
  localparam int unsigned I = INTERLEAVE;
  localparam int unsigned TurnBits = I > 1 ? $clog2(I) : 1;

  // ---- V: keys enter (t0), scores and maxima come a cycle later
  tessera_lane_group_pkg::key_step_t    step_t0;
  tessera_lane_group_pkg::value_group_t next_group, group_q, group_t0;
  logic                                 start, next_valid;
  logic                                 unused_busy, unused_valid, unused_bits;
  assign unused_bits = ^{group_q, group_t0, step_t0};

  tessera_lane_group_fifo #(.WIDTH($bits(lane_group_i)), .DEPTH(LANE_GROUPS)) u_admitted (
    .clk_i, .clear_i, .push_i(admit_i), .data_i(lane_group_i), .valid_o(next_valid),
    .head_o(next_group), .pop_i(start)
  );
  assign start = next_valid && next_group.value_start == cycle_i;
  tessera_key_counter #(.INTERLEAVE(I)) u_keys (
    .clk_i, .clear_i, .start_i(start), .keys_i(next_group.keys), .busy_o(unused_busy),
    .step_o(step_t0)
  );
  always_ff @(posedge clk_i) begin
    if (start) group_q <= next_group;
  end
  assign read_o.valid = step_t0.valid;
  assign group_t0 = start ? next_group : group_q;
  assign read_o.slot = group_t0.slot;
  assign read_o.entry =
      tessera_lane_group_pkg::entry_of(group_t0.first_entry, step_t0.key, 12'(2 * M));
  assign read_o.turn = step_t0.turn;
  assign busy_o = step_t0.valid;
  assign pending_o = next_valid;

  // ---- t1: maximum of the turn, from the buffer with the first key, held afterwards
  logic                valid_t1, first_t1, last_t1, done_t1;
  logic [9:0]          key_t1;
  logic [TurnBits-1:0] turn_t1;
  logic [LANES*18-1:0] held_q [1 << TurnBits];
  logic [LANES*18-1:0] maximum_t1;

  always_ff @(posedge clk_i) begin
    valid_t1 <= step_t0.valid && !clear_i;
    if (step_t0.valid) begin
      first_t1 <= step_t0.first;
      last_t1 <= step_t0.last;
      done_t1 <= step_t0.done;
      key_t1 <= step_t0.key;
      turn_t1 <= step_t0.turn[TurnBits-1:0];
    end
    if (valid_t1) held_q[turn_t1] <= maximum_t1;
  end
  assign maximum_t1 = first_t1 ? maximum_i : held_q[turn_t1];

  // ---- t4: V row; t5: weights
  logic                valid_t5, first_t5, last_t5;
  logic [TurnBits-1:0] turn_t5;
  logic [9:0]          cols_t5;
  logic [LANES-1:0]    allowed_t5;
  logic [LANES*16-1:0] weight_t5;

  tessera_delay #(.WIDTH(13), .CYCLES(3)) u_address (
    .clk_i, .clear_i,
    .d_i({valid_t1 && turn_t1 == '0, valid_t1 && done_t1 && group_q.last, group_q.v_bank,
          group_q.first_key + key_t1}),
    .q_o({v_read_o.valid, v_release_o.valid, v_read_o.bank, v_read_o.row_index})
  );
  assign v_release_o.bank = v_read_o.bank;

  for (genvar l = 0; l < LANES; l++) begin : g_lane
    tessera_exp2 u_exp2 (
      .clk_i, .valid_i(valid_t1 && allowed_i[l]), .identity_i(group_q.identity), .nan_i(nan_i[l]),
      .t_i(t_i[l*32 +: 32]), .m_i(maximum_t1[l*18 +: 16]), .weight_o(weight_t5[l*16 +: 16])
    );
  end
  tessera_delay #(.WIDTH(13 + TurnBits + LANES), .CYCLES(tessera_pkg::ExpCycles)) u_weight (
    .clk_i, .clear_i, .d_i({valid_t1, first_t1, last_t1, turn_t1, group_q.d_v, allowed_i}),
    .q_o({valid_t5, first_t5, last_t5, turn_t5, cols_t5, allowed_t5})
  );

  tessera_value_array #(.D(D), .LANES(LANES), .INTERLEAVE(I)) u_array (
    .clk_i, .clear_i, .valid_i(valid_t5), .first_i(first_t5), .last_i(last_t5), .turn_i(turn_t5),
    .weight_i(weight_t5), .allowed_i(allowed_t5), .v_i, .cols_i(cols_t5), .read_i(tile_read_i),
    .row_o(tile_o)
  );

  // ---- t6+I: the sums of the last key are complete
  logic [TurnBits-1:0] capture_turn;

  tessera_delay #(.WIDTH(1 + TurnBits), .CYCLES(I + 1)) u_capture (
    .clk_i, .clear_i, .d_i({valid_t5 && last_t5, turn_t5}), .q_o({capture_o.valid, capture_turn})
  );
  tessera_delay #(.WIDTH(LANES * 18), .CYCLES(I + 5)) u_maximum (
    .clk_i, .clear_i, .d_i(maximum_t1), .q_o(capture_maximum_o)
  );
  assign capture_o.turn = 3'(capture_turn);
  assign finish_o = capture_o.valid && capture_turn == '0;
  tessera_lane_group_fifo #(.WIDTH($bits(lane_group_i)), .DEPTH(4)) u_finishing (
    .clk_i, .clear_i, .push_i(start), .data_i(next_group), .valid_o(unused_valid),
    .head_o(finish_lane_group_o), .pop_i(finish_o)
  );

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (!clear_i && next_valid)
      assert (next_group.value_start >= cycle_i) else $error("lane group missed its cycle");
`endif
endmodule
