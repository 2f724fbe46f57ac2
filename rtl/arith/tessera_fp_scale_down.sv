// SPDX-License-Identifier: MIT
// a * 2^-delta for the merge, combinational: Inf and NaN stay, an exponent that would reach 0 gives
// a signed zero.
module tessera_fp_scale_down (
  input  logic [31:0] a_i,
  input  logic [15:0] delta_i,
  output logic [31:0] scaled_o
);
  assign scaled_o = tessera_fp_pkg::scale_down(a_i, delta_i);
endmodule
