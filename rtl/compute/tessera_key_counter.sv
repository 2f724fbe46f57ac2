// SPDX-License-Identifier: MIT
// The order in which a lane group's keys enter a stage: key 0 in turns 0 to INTERLEAVE-1, then key
// 1 and so on. The first key enters in the cycle of start_i itself. No group starts while busy_o.
module tessera_key_counter #(
  parameter int unsigned INTERLEAVE = 4
) (
  input  logic                              clk_i,
  input  logic                              clear_i,
  input  logic                              start_i,
  input  logic [10:0]                       keys_i,  // sampled with start_i
  output logic                              busy_o,  // register: further keys are entering
  output tessera_lane_group_pkg::key_step_t step_o
);
  localparam int unsigned TurnBits = INTERLEAVE > 1 ? $clog2(INTERLEAVE) : 1;

  logic                busy_q;
  logic [9:0]          key_q, key, left_q, left;  // left: keys after this one
  logic [TurnBits-1:0] turn_q, turn;
  logic                valid, last, last_turn, unused_keys;

  assign unused_keys = keys_i[10];
  assign valid = busy_q || start_i;
  assign key = busy_q ? key_q : 10'd0;
  assign turn = busy_q ? turn_q : '0;
  assign left = busy_q ? left_q : (keys_i[9:0] - 10'd1);  // 1024 keys: 1023 left
  assign last = valid && left == 10'd0;
  assign last_turn = turn == TurnBits'(INTERLEAVE - 1);

  assign busy_o = busy_q;
  assign step_o.valid = valid;
  assign step_o.first = valid && key == 10'd0;
  assign step_o.last = last;
  assign step_o.done = last && last_turn;
  assign step_o.key = key;
  assign step_o.turn = 3'(turn);

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      busy_q <= 1'b0;
    end else if (valid) begin
      busy_q <= !(last && last_turn);
      turn_q <= last_turn ? '0 : turn + 1'b1;
      key_q <= last_turn ? key + 10'd1 : key;
      left_q <= last_turn ? left - 10'd1 : left;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (!clear_i && start_i) begin
      assert (!busy_q) else $error("group starts while another enters");
      assert (keys_i != 11'd0 && keys_i <= 11'd1024) else $error("illegal number of keys");
    end
`endif
endmodule
