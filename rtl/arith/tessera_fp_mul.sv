// SPDX-License-Identifier: MIT
// fp32 product, two cycles later; one a cycle. Registers move only for valid operands.
module tessera_fp_mul (
  input  logic        clk_i,
  input  logic        valid_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] product_o
);
  logic                                   valid_q;
  logic [tessera_fp_pkg::ProductBits-1:0] product_q;

  always_ff @(posedge clk_i) begin
    valid_q <= valid_i;
    if (valid_i) product_q <= tessera_fp_pkg::mul_product(a_i, b_i);
    if (valid_q) product_o <= tessera_fp_pkg::mul_round(product_q);
  end
endmodule
