// SPDX-License-Identifier: MIT
// Product of two bf16 as fp32, one cycle later; one a cycle.
module tessera_fp_mul_bf16 (
  input  logic        clk_i,
  input  logic [15:0] a_i,
  input  logic [15:0] b_i,
  output logic [31:0] product_o
);
  always_ff @(posedge clk_i) product_o <= tessera_fp_pkg::bf16_product(a_i, b_i);
endmodule
