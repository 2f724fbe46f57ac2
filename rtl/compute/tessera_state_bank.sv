// SPDX-License-Identifier: MIT
// One state bank: M rows of O (D columns of fp32), l, m and flags. Each of its two read ports gives
// a row in the next cycle and holds it. A merge writes a row, in the columns below d_v; LOAD_STATE
// writes a beat. They never write one bank in one cycle.
module tessera_state_bank #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned BUS_BYTES = 16,
  parameter logic BANK = 1'b0  // it is addressed by this number
) (
  input  logic                                 clk_i,
  // <-> merge
  input  tessera_lane_group_pkg::bank_read_t   merge_read_i,
  output logic [(D+1)*32-1:0]                  merge_o,       // l above the columns of O
  output tessera_lane_group_pkg::row_word_t    merge_word_o,
  input  tessera_lane_group_pkg::state_write_t merge_write_i,
  input  logic [(D+1)*32-1:0]                  merge_data_i,
  // <-> store engine
  input  tessera_port_pkg::row_req_t           store_read_i,
  output logic [(D+1)*32-1:0]                  store_o,
  output tessera_lane_group_pkg::row_word_t    store_word_o,
  // <- load engine. LOAD_STATE, beat 0: {l, m | flags << 16}
  input  tessera_port_pkg::bank_write_t        load_i,
  input  logic [BUS_BYTES*8-1:0]               load_data_i
);
  localparam int unsigned PerBeat = BUS_BYTES / 4;
  localparam int unsigned RowBits = M > 1 ? $clog2(M) : 1;

  logic               load_bank, write_bank, merge_read, store_read;
  logic [RowBits-1:0] row, merge_row, store_row;
  logic               unused_bits;  // a beat may be wider than a row

  assign load_bank = load_i.valid && load_i.id.kind == tessera_port_pkg::KindState &&
                     load_i.id.bank == BANK;
  assign write_bank = merge_write_i.valid && merge_write_i.bank == BANK;
  assign merge_read = merge_read_i.valid && merge_read_i.bank == BANK;
  assign store_read = store_read_i.valid && store_read_i.bank == BANK;
  assign row = RowBits'(load_bank ? load_i.row : merge_write_i.row_index);
  assign merge_row = RowBits'(merge_read_i.row_index);
  assign store_row = RowBits'(store_read_i.row_index);
  assign unused_bits = ^{load_i, load_data_i, merge_write_i, merge_read_i, store_read_i};

  for (genvar k = 0; k <= D; k++) begin : g_column
    localparam int unsigned Beat = k == D ? 0 : 1 + k / PerBeat;
    localparam int unsigned Word = k == D ? 0 : k % PerBeat;
    logic [31:0] o_q [1 << RowBits];
    logic        load, write;
    assign load = load_bank && load_i.beat == 8'(Beat);
    assign write = write_bank && (k == D || 10'(k) < merge_write_i.cols);
    always_ff @(posedge clk_i) begin
      if (merge_read) merge_o[k*32 +: 32] <= o_q[merge_row];
      if (store_read) store_o[k*32 +: 32] <= o_q[store_row];
      if (load || write) o_q[row] <= load ? load_data_i[Word*32 +: 32] : merge_data_i[k*32 +: 32];
    end
  end

  logic [31:0] word_q [1 << RowBits];
  logic        load_word;
  assign load_word = load_bank && load_i.beat == 8'd0;
  always_ff @(posedge clk_i) begin
    if (merge_read) merge_word_o <= word_q[merge_row];
    if (store_read) store_word_o <= word_q[store_row];
    if (load_word || write_bank)
      word_q[row] <= load_word ? load_data_i[63:32] : merge_write_i.word;
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i) begin
    assert (!(write_bank && load_bank)) else $error("merge and LOAD_STATE write one bank");
  end
`endif
endmodule
