// SPDX-License-Identifier: MIT
// One state bank: M rows of O (D columns of fp32), l, m and flags. Two read ports, data in the next
// cycle and held; written by a merge (a row, columns below d_v) or by LOAD_STATE (a beat), never by
// both in one cycle.
module tessera_state_bank #(
  parameter int unsigned M         = 16,
  parameter int unsigned D         = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                   clk_i,
  // Read by the merge, and by the store engine
  input  logic                   merge_read_i,
  input  logic [9:0]             merge_row_i,
  output logic [(D+1)*32-1:0]    merge_o,         // l above the columns of O
  output logic [31:0]            merge_word_o,    // {flags, m}
  input  logic                   store_read_i,
  input  logic [9:0]             store_row_i,
  output logic [(D+1)*32-1:0]    store_o,
  output logic [31:0]            store_word_o,
  // Merged row
  input  logic                   write_i,
  input  logic [9:0]             write_row_i,
  input  logic [9:0]             write_cols_i,
  input  logic [(D+1)*32-1:0]    write_data_i,
  input  logic [31:0]            write_word_i,
  // LOAD_STATE
  input  logic                   load_i,
  input  logic [9:0]             load_row_i,
  input  logic [7:0]             load_beat_i,     // 0: {l, m | flags << 16}
  input  logic [BUS_BYTES*8-1:0] load_data_i
);
  localparam int unsigned PerBeat = BUS_BYTES / 4;
  localparam int unsigned RowBits = (M > 1) ? $clog2(M) : 1;

  logic [RowBits-1:0] row, merge_row, store_row;
  logic               unused_rows, unused_data;  // a beat may be wider than a row

  assign row         = RowBits'(load_i ? load_row_i : write_row_i);
  assign merge_row   = RowBits'(merge_row_i);
  assign store_row   = RowBits'(store_row_i);
  assign unused_data = ^load_data_i;
  assign unused_rows = ^{load_row_i, write_row_i, merge_row_i, store_row_i};

  for (genvar k = 0; k <= D; k++) begin : g_column
    localparam int unsigned Beat = (k == D) ? 0 : 1 + k / PerBeat;
    localparam int unsigned Word = (k == D) ? 0 : k % PerBeat;
    logic [31:0] o_q [1 << RowBits];
    logic        load, write;
    assign load  = load_i && (load_beat_i == 8'(Beat));
    assign write = write_i && ((k == D) || (10'(k) < write_cols_i));
    always_ff @(posedge clk_i) begin
      if (merge_read_i) merge_o[k*32 +: 32] <= o_q[merge_row];
      if (store_read_i) store_o[k*32 +: 32] <= o_q[store_row];
      if (load || write) o_q[row] <= load ? load_data_i[Word*32 +: 32] : write_data_i[k*32 +: 32];
    end
  end

  logic [31:0] word_q [1 << RowBits];
  logic        load_word;
  assign load_word = load_i && (load_beat_i == 8'd0);
  always_ff @(posedge clk_i) begin
    if (merge_read_i) merge_word_o <= word_q[merge_row];
    if (store_read_i) store_word_o <= word_q[store_row];
    if (load_word || write_i) word_q[row] <= load_word ? load_data_i[63:32] : write_word_i;
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    assert (!(write_i && load_i)) else $error("merge and LOAD_STATE write one bank");
  end
`endif
endmodule
