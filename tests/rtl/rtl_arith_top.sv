// SPDX-License-Identifier: MIT
// Test top: the arithmetic units side by side on the same operands.
module rtl_arith_top (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        valid_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] product_bf16_o,  // of the upper halves
  output logic [31:0] sum1_o,
  output logic [31:0] sum2_o,
  output logic [31:0] sum4_o,
  output logic [31:0] sum8_o,
  output logic [31:0] product_o,
  output logic [31:0] t_o,
  output logic        nan_o,
  output logic        saturated_o,
  output logic [31:0] weight_o,        // of a_i in identity mode: bf16
  output logic        quotient_valid_o,
  output logic [31:0] quotient_o,
  output logic [31:0] scaled_o         // a_i * 2^-b_i[15:0], combinational
);
  logic unused_nan, unused_saturated;
  tessera_fp_mul_bf16 u_mul_bf16 (
    .clk_i, .a_i(a_i[31:16]), .b_i(b_i[31:16]), .product_o(product_bf16_o)
  );
  tessera_fp_add #(.STAGES(1)) u_add1 (.clk_i, .a_i, .b_i, .sum_o(sum1_o));
  tessera_fp_add #(.STAGES(2)) u_add2 (.clk_i, .a_i, .b_i, .sum_o(sum2_o));
  tessera_fp_add #(.STAGES(4)) u_add4 (.clk_i, .a_i, .b_i, .sum_o(sum4_o));
  tessera_fp_add #(.STAGES(8)) u_add8 (.clk_i, .a_i, .b_i, .sum_o(sum8_o));
  tessera_fp_mul u_mul (.clk_i, .valid_i, .a_i, .b_i, .product_o);
  tessera_to_score u_score (
    .clk_i, .valid_i, .identity_i(1'b0), .scaled_i(a_i), .t_o, .nan_o, .saturated_o
  );
  tessera_to_score u_identity (
    .clk_i, .valid_i, .identity_i(1'b1), .scaled_i(a_i), .t_o(weight_o), .nan_o(unused_nan),
    .saturated_o(unused_saturated)
  );
  tessera_fp_div u_div (
    .clk_i, .rst_ni, .valid_i, .a_i, .b_i, .valid_o(quotient_valid_o), .quotient_o
  );
  tessera_fp_scale_down u_scale (.a_i, .delta_i(b_i[15:0]), .scaled_o);
endmodule
