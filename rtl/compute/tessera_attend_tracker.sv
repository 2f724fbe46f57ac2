// SPDX-License-Identifier: MIT
// Follows ATTENDs from their start to their last merged row. It counts those under way and the rows
// merged, ends the touch of the state bank, and reports each lane group when its last row is
// merged.
module tessera_attend_tracker (
  input  logic                                 clk_i,
  input  logic                                 clear_i,
  input  logic                                 start_i,      // pulse: S of an ATTEND's first group
  // <- admission
  input  logic                                 admit_i,      // pulse: A of an ATTEND's last group
  input  logic                                 dropped_i,    // groups were dropped after an error
  // <- merge
  input  tessera_lane_group_pkg::state_write_t write_i,
  input  logic                                 write_last_i,
  input  tessera_lane_group_pkg::value_group_t write_lane_group_i,
  // -> scoreboard and store engine
  output tessera_port_pkg::release_t           release_o,    // of the state bank
  output logic [7:0]                           active_o,     // at most 255 are shown
  output logic [21:0]                          state_rows_o, // merged: bank b in [11*b +: 11]
  // Trace
  output tessera_port_pkg::event_t             retire_o,     // pulse: the last row is written
  output tessera_port_pkg::lane_group_event_t  lane_group_o
);
  logic        retire, unused_bits;
  logic [9:0]  active_q;
  logic [9:0]  complete_q, complete;  // all groups admitted, not retired
  logic [21:0] state_rows_q;          // of the touch after the last one that has ended

  assign retire = write_i.valid && write_last_i && write_lane_group_i.last;
  assign complete = complete_q + {9'd0, admit_i} - {9'd0, retire};
  assign unused_bits = ^{write_i, write_lane_group_i};

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      active_q <= 10'd0;
      complete_q <= 10'd0;
      state_rows_q <= '0;
    end else begin
      complete_q <= complete;
      // Dropped ATTENDs end when the ones before them have.
      if (dropped_i && complete == 10'd0) active_q <= 10'd0;
      else active_q <= active_q + {9'd0, start_i} - {9'd0, retire};
      if (write_i.valid)
        state_rows_q[write_i.bank*11 +: 11] <= retire ? 11'd0 : {1'b0, write_i.row_index} + 11'd1;
    end
  end

  assign release_o.valid = retire;
  assign release_o.bank = write_i.bank;
  assign active_o = active_q > 10'd255 ? 8'd255 : active_q[7:0];
  assign state_rows_o = state_rows_q;

  assign retire_o.valid = retire;
  assign retire_o.number = write_lane_group_i.number;
  assign lane_group_o.valid = write_i.valid && write_last_i;
  assign lane_group_o.number = write_lane_group_i.number;
  assign lane_group_o.index = write_lane_group_i.index;
  assign lane_group_o.keys = write_lane_group_i.keys;
  assign lane_group_o.score_start = write_lane_group_i.score_start;
  assign lane_group_o.value_start = write_lane_group_i.value_start;
endmodule
