// SPDX-License-Identifier: MIT
// Both banks of one operand (Q, K or V): M rows of D bf16 elements each, a memory per column. A
// read gives LANES rows of every column, one cycle later. With SKEW > 0 column k follows SKEW*k
// cycles after column 0, as the chain of cells wants it. A write is a beat of one row.
module tessera_operand_bank #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned LANES = 1,
  parameter int unsigned SKEW = 0,
  parameter int unsigned BUS_BYTES = 16,
  parameter logic [1:0] KIND = 2'd0  // tessera_port_pkg::bank_kind_e
) (
  input  logic                               clk_i,
  input  tessera_port_pkg::bank_write_t      write_i,
  input  logic [BUS_BYTES*8-1:0]             write_data_i,
  input  tessera_lane_group_pkg::bank_read_t read_i,
  output logic [D*LANES*16-1:0]              data_o  // column k, lane l in (k*LANES+l)*16 and up
);
  localparam int unsigned PerBeat = BUS_BYTES / 2;
  localparam int unsigned BlockBits = M > LANES ? $clog2(M / LANES) : 1;
  localparam int unsigned AddressBits = BlockBits + 1;
  localparam int unsigned LaneBits = LANES > 1 ? $clog2(LANES) : 1;
  localparam int unsigned Word = AddressBits + 1;  // {read, address}
  localparam int unsigned Taps = SKEW == 0 ? 0 : SKEW * (D - 1);

  logic                   write;
  logic [AddressBits-1:0] write_address;
  logic [LaneBits-1:0]    write_lane;
  logic [Word-1:0]        now;
  logic                   unused_bits;  // a beat may be wider than a row

  assign unused_bits = ^{write_i, write_data_i, read_i};
  assign write = write_i.valid && write_i.id.kind == KIND;
  assign write_address = {write_i.id.bank, BlockBits'(write_i.row / 10'(LANES))};
  assign write_lane = LaneBits'(write_i.row % 10'(LANES));
  assign now = {read_i.valid, read_i.bank, read_i.row_index[BlockBits-1:0]};
  logic [(Taps+1)*Word-1:0] tap;  // tap n: n cycles old
  if (Taps > 0) begin : g_skew
    logic [Taps*Word-1:0] tap_q;
    always_ff @(posedge clk_i) tap_q <= tap[Taps*Word-1:0];
    assign tap = {tap_q, now};
  end else begin : g_straight
    assign tap = now;
  end

  // Slices of data_o are registers written here, not wires from D instances: Verilator makes one
  // concatenation of such wires and copies all of it D times.
  for (genvar k = 0; k < D; k++) begin : g_column
    logic [LANES*16-1:0] word_q [1 << AddressBits];
    always_ff @(posedge clk_i) begin
      if (write && write_i.beat == 8'(k / PerBeat))
        word_q[write_address][write_lane*16 +: 16] <= write_data_i[(k % PerBeat)*16 +: 16];
      if (tap[SKEW*k*Word + AddressBits])
        data_o[k*LANES*16 +: LANES*16] <= word_q[tap[SKEW*k*Word +: AddressBits]];
    end
  end
endmodule
