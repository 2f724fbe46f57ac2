// SPDX-License-Identifier: MIT
// A scaled score as the score buffer holds it, one cycle later: fixed point with its NaN and
// saturation flags, or in identity mode the bf16 weight itself in the low half.
module tessera_to_score (
  input  logic        clk_i,
  input  logic        valid_i,
  input  logic        identity_i,
  input  logic [31:0] scaled_i,
  output logic [31:0] t_o,
  output logic        nan_o,
  output logic        saturated_o
);
  logic [tessera_fp_pkg::ScoreBits-1:0] score;
  logic [15:0]                          weight;

  assign score = tessera_fp_pkg::to_score(scaled_i);
  assign weight = tessera_fp_pkg::to_bf16(scaled_i);

  always_ff @(posedge clk_i) begin
    if (valid_i) begin
      nan_o <= score[33];
      saturated_o <= score[32] && !identity_i;
      t_o <= identity_i ? {16'd0, weight} : score[31:0];
    end
  end
endmodule
