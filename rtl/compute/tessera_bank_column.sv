// SPDX-License-Identifier: MIT
// Positions of the rows of an operand bank: a memory of words of LANES rows, one lane written a cycle,
// one word read a cycle and held. Read and write of one address: the old word.
module tessera_bank_column #(
  parameter int unsigned WIDTH    = 16,
  parameter int unsigned LANES    = 1,
  parameter int unsigned AddrBits = 5,
  parameter int unsigned LaneBits = (LANES > 1) ? $clog2(LANES) : 1
) (
  input  logic                   clk_i,
  input  logic                   write_i,
  input  logic [AddrBits-1:0]    write_addr_i,
  input  logic [LaneBits-1:0]    write_lane_i,
  input  logic [WIDTH-1:0]       write_data_i,
  input  logic                   read_i,
  input  logic [AddrBits-1:0]    read_addr_i,
  output logic [LANES*WIDTH-1:0] data_o
);
  logic [LANES*WIDTH-1:0] word_q [1 << AddrBits];

  always_ff @(posedge clk_i) begin
    if (write_i) word_q[write_addr_i][write_lane_i*WIDTH +: WIDTH] <= write_data_i;
    if (read_i) data_o <= word_q[read_addr_i];
  end
endmodule
