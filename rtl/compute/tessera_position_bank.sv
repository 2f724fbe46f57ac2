// SPDX-License-Identifier: MIT
// Positions of the rows of both operand banks of one kind (Q or K), in words of LANES rows. A write
// sets one lane. A read gives one word in the next cycle, held until the next read. When both use
// one address, the read gives the old word.
module tessera_position_bank #(
  parameter int unsigned M = 16,
  parameter int unsigned LANES = 1,
  parameter logic [1:0] KIND = 2'd0  // tessera_port_pkg::bank_kind_e
) (
  input  logic                               clk_i,
  input  tessera_port_pkg::bank_write_t      write_i,
  input  tessera_lane_group_pkg::bank_read_t read_i,
  output logic [LANES*32-1:0]                position_o
);
  localparam int unsigned BlockBits = M > LANES ? $clog2(M / LANES) : 1;
  localparam int unsigned LaneBits = LANES > 1 ? $clog2(LANES) : 1;

  logic [LANES*32-1:0] word_q [2 << BlockBits];
  logic [BlockBits:0]  write_address, read_address;
  logic [LaneBits-1:0] write_lane;
  logic                unused_bits;

  assign write_address = {write_i.id.bank, BlockBits'(write_i.row / 10'(LANES))};
  assign write_lane = LaneBits'(write_i.row % 10'(LANES));
  assign read_address = {read_i.bank, read_i.row_index[BlockBits-1:0]};
  assign unused_bits = ^{write_i, read_i};

  always_ff @(posedge clk_i) begin
    if (write_i.valid && write_i.id.kind == KIND)
      word_q[write_address][write_lane*32 +: 32] <= write_i.position;
    if (read_i.valid) position_o <= word_q[read_address];
  end
endmodule
