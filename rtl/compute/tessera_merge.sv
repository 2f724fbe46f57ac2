// SPDX-License-Identifier: MIT
// Adds the rows of a finished lane group to the state bank, one a cycle: row r of the group is
// addressed in the cycle of start_i + r and written INTERLEAVE + 2 cycles later. Both sides are
// scaled down to the larger maximum, then added. If one side is empty, or the state is replaced,
// the other side is taken as it is.
module tessera_merge #(
  parameter int unsigned D = 16,
  parameter int unsigned LANES = 2,
  parameter int unsigned INTERLEAVE = 4
) (
  input  logic                                 clk_i,
  input  logic                                 clear_i,
  // <- value stage: maxima and flags of a turn, when its sums enter the shadow register
  input  tessera_lane_group_pkg::capture_t     capture_i,
  input  logic [LANES*18-1:0]                  capture_maximum_i,
  // A group's first turn enters the shadow register
  input  logic                                 start_i,
  input  tessera_lane_group_pkg::value_group_t lane_group_i,
  // -> state banks. Address cycle: the row of the state, wanted only to continue from it
  output tessera_lane_group_pkg::bank_read_t   state_read_o,
  // Row cycle: {l, O} and {flags, m} of the state; the value array's row comes a cycle after that
  input  logic [(D+1)*32-1:0]                  state_i,
  input  tessera_lane_group_pkg::row_word_t    state_word_i,
  output tessera_lane_group_pkg::tile_read_t   tile_read_o,
  input  logic [(D+1)*32-1:0]                  tile_i,
  // Write cycle
  output tessera_lane_group_pkg::state_write_t write_o,
  output logic [(D+1)*32-1:0]                  write_data_o,
  output logic                                 write_last_o,    // last valid row of its group
  output tessera_lane_group_pkg::value_group_t write_lane_group_o
);
  localparam int unsigned Cols = D + 1;
  localparam int unsigned I = INTERLEAVE;
  localparam int unsigned Extra = I == 8 ? 4 : 0;
  localparam int unsigned TurnBits = I > 1 ? $clog2(I) : 1;
  localparam int unsigned LaneBits = LANES > 1 ? $clog2(LANES) : 1;

  // Address cycle (t0): counts the rows of a group.
  tessera_lane_group_pkg::value_group_t group, group_q;
  logic                busy_q, addressed, last;
  logic [10:0]         row_q, row;      // within the group
  logic [9:0]          tile_row;
  logic [LaneBits-1:0] lane_q, lane;
  logic [TurnBits-1:0] turn_q, turn;

  assign group = busy_q ? group_q : lane_group_i;
  assign row = busy_q ? row_q : 11'd0;
  assign lane = busy_q ? lane_q : '0;
  assign turn = busy_q ? turn_q : '0;
  assign last = row + 11'd1 == group.rows;
  assign addressed = busy_q || start_i;
  assign tile_row = group.first_row + row[9:0];
  assign state_read_o.valid = addressed && group.continued;
  assign state_read_o.bank = group.state_bank;
  assign state_read_o.row_index = tile_row;

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      busy_q <= 1'b0;
    end else if (addressed) begin
      busy_q <= !last;
      group_q <= group;
      row_q <= row + 11'd1;
      lane_q <= (lane == LaneBits'(LANES - 1)) ? '0 : lane + 1'b1;
      turn_q <= (lane == LaneBits'(LANES - 1)) ? turn + 1'b1 : turn;
    end
  end

  // Row cycle (t1): the two rows meet.
  logic [LANES*18-1:0] maximum_q [1 << TurnBits];
  logic                valid_t1, first_t1, last_t1, continued_t1;
  logic [9:0]          row_t1;
  logic [LaneBits-1:0] lane_t1;
  logic [TurnBits-1:0] turn_t1;
  logic [17:0]         tile_maximum;
  logic [15:0]         tile_m, state_m, m, state_delta;
  logic                take_state, take_tile;
  logic [15:0]         flags;

  always_ff @(posedge clk_i) begin
    if (capture_i.valid) maximum_q[capture_i.turn[TurnBits-1:0]] <= capture_maximum_i;
    valid_t1 <= addressed && !clear_i;
    if (addressed) begin
      first_t1 <= !busy_q;
      last_t1 <= last;
      continued_t1 <= group.continued;
      row_t1 <= tile_row;
      lane_t1 <= lane;
      turn_t1 <= turn;
    end
  end

  assign tile_maximum = maximum_q[turn_t1][lane_t1*18 +: 18];
  assign tile_m = tile_maximum[15:0];
  assign state_m = state_word_i.m;
  assign take_state = continued_t1 && tile_m == tessera_pkg::Empty;
  assign take_tile = !continued_t1 || (!take_state && state_m == tessera_pkg::Empty);
  assign m = take_tile ? tile_m : take_state ? state_m :
             $signed(state_m) > $signed(tile_m) ? state_m : tile_m;
  assign flags = {14'd0, tile_maximum[17:16]} |
                 (continued_t1 ? state_word_i.flags : 16'd0);
  assign state_delta = m - state_m;
  assign tile_read_o.valid = valid_t1;
  assign tile_read_o.turn = 3'(turn_t1);
  assign tile_read_o.lane = 7'(lane_t1);
  assign tile_read_o.delta = m - tile_m;

  // Rescaled rows meet in the adder: word of control {valid, take_state, take_tile}.
  logic [31:0]                               state      [Cols];
  logic [tessera_fp_pkg::AlignedBits-1:0]    aligned    [Cols];
  logic [tessera_fp_pkg::SummedBits-1:0]     summed     [Cols];
  logic [tessera_fp_pkg::NormalisedBits-1:0] normalised [Cols];
  logic [31:0]                               rounded    [(Extra+1)*Cols];
  logic [2:0]                                control    [8];  // I are used
  logic [tessera_fp_pkg::AlignedBits-1:0]    meeting;
  logic [Cols*32-1:0]                        result;
  logic                                      busy;      // some stage holds a row

  // verilator lint_off BLKSEQ
  // Blocking on purpose: these arrays are read nowhere else, and the stages go last to first.
  always_ff @(posedge clk_i) begin
    busy = valid_t1;
    for (int t = 0; t < I; t++) busy = busy || control[t][2];
    if (busy) for (int c = 0; c < Cols; c++) begin
      for (int s = Extra; s > 0; s--)
        if (control[3 + s][2]) rounded[s*Cols + c] = rounded[(s-1)*Cols + c];
      if (I >= 4) begin
        if (control[3][2]) rounded[c] = tessera_fp_pkg::round(normalised[c]);
        if (control[2][2]) normalised[c] = tessera_fp_pkg::add_normalise(summed[c]);
        if (control[1][2]) summed[c] = tessera_fp_pkg::add_sum(aligned[c]);
      end else if (I == 2) begin
        if (control[1][2])
          rounded[c] = tessera_fp_pkg::round(tessera_fp_pkg::add_normalise(summed[c]));
      end
      if (control[0][2]) begin
        meeting = control[0][1] ? tessera_fp_pkg::add_bypass(state[c])
                : control[0][0] ? tessera_fp_pkg::add_bypass(tile_i[c*32 +: 32])
                : tessera_fp_pkg::add_align(state[c], tile_i[c*32 +: 32]);
        if (I >= 4) aligned[c] = meeting;
        else if (I == 2) summed[c] = tessera_fp_pkg::add_sum(meeting);
        else
          rounded[c] = tessera_fp_pkg::round(tessera_fp_pkg::add_normalise(
              tessera_fp_pkg::add_sum(meeting)));
      end
      if (valid_t1)
        state[c] = take_state ? state_i[c*32 +: 32]
                 : tessera_fp_pkg::scale_down(state_i[c*32 +: 32], state_delta);
      if (control[I-1][2]) result[c*32 +: 32] = rounded[Extra*Cols + c];
    end
    write_data_o <= result;
    for (int t = I - 1; t > 0; t--) control[t] = clear_i ? 3'd0 : control[t-1];
    control[0] = clear_i ? 3'd0 : {valid_t1, take_state, take_tile};
  end
  // verilator lint_on BLKSEQ

  // What goes with the row, to the cycle before its write. The group register still holds the row's
  // group there: the next group starts LANES*INTERLEAVE >= INTERLEAVE + 3 cycles after this one.
  logic       valid_w, first_w, last_w, write_q;
  logic [9:0] row_w, write_row_q;
  tessera_lane_group_pkg::row_word_t word_w, write_word_q;

  tessera_delay #(.WIDTH(45), .CYCLES(I)) u_word (
    .clk_i, .clear_i, .d_i({valid_t1, first_t1, last_t1, row_t1, flags, m}),
    .q_o({valid_w, first_w, last_w, row_w, word_w})
  );

  assign write_o.valid = write_q;
  assign write_o.bank = write_lane_group_o.state_bank;
  assign write_o.row_index = write_row_q;
  assign write_o.cols = write_lane_group_o.d_v;
  assign write_o.word = write_word_q;

  always_ff @(posedge clk_i) begin
    write_q <= valid_w && !clear_i;
    if (valid_w) begin
      write_last_o <= last_w;
      write_row_q <= row_w;
      write_word_q <= word_w;
      if (first_w) write_lane_group_o <= group_q;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (!clear_i && start_i) assert (!busy_q) else $error("merge of two groups at once");
`endif
endmodule
