// SPDX-License-Identifier: MIT
// The order in which a lane group's keys enter a stage: key 0 in turns 0 to INTERLEAVE-1, key 1 ...
// The first one enters in the cycle of start_i itself. Does not start while busy_o.
module tessera_key_counter #(
  parameter int unsigned INTERLEAVE = 4,
  parameter int unsigned TurnBits   = (INTERLEAVE > 1) ? $clog2(INTERLEAVE) : 1
) (
  input  logic                clk_i,
  input  logic                clear_i,
  input  logic                start_i,
  input  logic [10:0]         keys_i,   // sampled with start_i
  output logic                busy_o,   // register: keys after the first are still entering
  output logic                valid_o,  // a key enters
  output logic [9:0]          key_o,
  output logic [TurnBits-1:0] turn_o,
  output logic                first_o,  // key 0
  output logic                last_o,   // the last key
  output logic                end_o     // its last turn
);
  logic                busy_q;
  logic [9:0]          key_q, left_q, left;  // left: keys after this one
  logic [TurnBits-1:0] turn_q;
  logic                last_turn, unused_keys;

  assign unused_keys = keys_i[10];
  assign busy_o    = busy_q;
  assign valid_o   = busy_q || start_i;
  assign key_o     = busy_q ? key_q : 10'd0;
  assign turn_o    = busy_q ? turn_q : '0;
  assign left      = busy_q ? left_q : (keys_i[9:0] - 10'd1);  // 1024 keys: 1023 left
  assign first_o   = valid_o && (key_o == 10'd0);
  assign last_o    = valid_o && (left == 10'd0);
  assign last_turn = turn_o == TurnBits'(INTERLEAVE - 1);
  assign end_o     = last_o && last_turn;

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      busy_q <= 1'b0;
    end else if (valid_o) begin
      busy_q <= !end_o;
      turn_q <= last_turn ? '0 : turn_o + 1'b1;
      key_q  <= last_turn ? key_o + 10'd1 : key_o;
      left_q <= last_turn ? left - 10'd1 : left;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (!clear_i && start_i) begin
      assert (!busy_q) else $error("group starts while another enters");
      assert ((keys_i != 11'd0) && (keys_i <= 11'd1024)) else $error("illegal number of keys");
    end
`endif
endmodule
