// SPDX-License-Identifier: MIT
// For scripts/synth only: one multiply-add cell by itself. The arrays hold their cells as loops over
// registers, not as instances; this is one of them from the units that use the same functions: product
// register, then an adder of INTERLEAVE stages, without the enables that save the simulator work.
module tessera_mac_cell #(
  parameter int unsigned INTERLEAVE = 4
) (
  input  logic        clk_i,
  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  input  logic [31:0] sum_i,  // of the cell before, a cycle after a_i and b_i
  output logic [31:0] sum_o
);
  logic [31:0] product;

  tessera_fp_mul_bf16 u_multiply (.clk_i (clk_i), .a_i (a_i), .b_i (b_i), .product_o (product));
  tessera_fp_add #(.STAGES(INTERLEAVE)) u_add (
    .clk_i (clk_i), .a_i (sum_i), .b_i (product), .sum_o (sum_o)
  );
endmodule
