// SPDX-License-Identifier: MIT
// Both banks of one operand (Q, K or V): M rows of D bf16 elements each, a memory per column. A read
// gives rows LANES*block ... of every column, one cycle later; with SKEW > 0 column k follows SKEW*k
// cycles after column 0, as the chain of cells wants it. Writes are beats of one row.
module tessera_operand_bank #(
  parameter int unsigned M         = 16,
  parameter int unsigned D         = 16,
  parameter int unsigned LANES     = 1,
  parameter int unsigned SKEW      = 0,
  parameter int unsigned BUS_BYTES = 16,
  parameter int unsigned BlockBits = (M > LANES) ? $clog2(M / LANES) : 1
) (
  input  logic                   clk_i,
  // Write
  input  logic                   write_i,
  input  logic                   write_bank_i,
  input  logic [9:0]             write_row_i,
  input  logic [7:0]             write_beat_i,
  input  logic [BUS_BYTES*8-1:0] write_data_i,
  // Read
  input  logic                   read_i,
  input  logic                   read_bank_i,
  input  logic [BlockBits-1:0]   read_block_i,
  output logic [D*LANES*16-1:0]  data_o         // column k, lane l in bits (k*LANES+l)*16 and up
);
  localparam int unsigned PerBeat  = BUS_BYTES / 2;
  localparam int unsigned AddrBits = BlockBits + 1;
  localparam int unsigned LaneBits = (LANES > 1) ? $clog2(LANES) : 1;
  localparam int unsigned Word     = AddrBits + 1;  // {read, address}
  localparam int unsigned Taps     = (SKEW == 0) ? 0 : SKEW * (D - 1);

  logic                       unused_data;  // a beat may be wider than a row
  logic [BlockBits-1:0]       write_block;
  logic [AddrBits-1:0]        write_addr;
  logic [LaneBits-1:0]        write_lane;
  logic [Word-1:0]            now;

  assign unused_data = ^write_data_i;
  assign write_block = BlockBits'(write_row_i / 10'(LANES));
  assign write_addr = {write_bank_i, write_block};
  assign write_lane = LaneBits'(write_row_i % 10'(LANES));
  assign now = {read_i, read_bank_i, read_block_i};
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
    logic [LANES*16-1:0] word_q [1 << AddrBits];
    always_ff @(posedge clk_i) begin
      if (write_i && (write_beat_i == 8'(k / PerBeat)))
        word_q[write_addr][write_lane*16 +: 16] <= write_data_i[(k % PerBeat)*16 +: 16];
      if (tap[SKEW*k*Word + AddrBits])
        data_o[k*LANES*16 +: LANES*16] <= word_q[tap[SKEW*k*Word +: AddrBits]];
    end
  end
endmodule
