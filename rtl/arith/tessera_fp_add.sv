// SPDX-License-Identifier: MIT
// fp32 sum in STAGES cycles (1, 2, 4 or 8), one a cycle. Eight stages are the four steps and four
// plain registers, for a flow that retimes. No valid bits, no reset.
module tessera_fp_add #(
  parameter int unsigned STAGES = 4
) (
  input  logic        clk_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic [31:0] sum_o
);
  logic [tessera_fp_pkg::AlignedBits-1:0]    aligned_d, aligned_q;
  logic [tessera_fp_pkg::SummedBits-1:0]     summed_d, summed_q;
  logic [tessera_fp_pkg::NormalisedBits-1:0] normalised_d, normalised_q;
  logic [31:0]                               rounded_q;

  assign aligned_d = tessera_fp_pkg::add_align(a_i, b_i);
  assign summed_d = tessera_fp_pkg::add_sum(aligned_q);
  assign normalised_d = tessera_fp_pkg::add_normalise(summed_q);

  // Registers after the steps: 1 stage has only the last, 2 stages the second and the last.
  if (STAGES >= 4) begin : g_four
    always_ff @(posedge clk_i) begin
      aligned_q <= aligned_d;
      normalised_q <= normalised_d;
    end
  end else begin : g_fewer
    assign aligned_q = aligned_d;
    assign normalised_q = normalised_d;
  end
  if (STAGES >= 2) begin : g_two
    always_ff @(posedge clk_i) summed_q <= summed_d;
  end else begin : g_one
    assign summed_q = summed_d;
  end
  always_ff @(posedge clk_i) rounded_q <= tessera_fp_pkg::round(normalised_q);

  tessera_delay #(.WIDTH(32), .CYCLES(STAGES == 8 ? 4 : 0)) u_rest (
    .clk_i, .clear_i(1'b0), .d_i(rounded_q), .q_o(sum_o)
  );
endmodule
