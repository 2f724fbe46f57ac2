// SPDX-License-Identifier: MIT
// LANES chains of D multiply-add cells. Cell k adds q[k]*k[k] to what cell k-1 gave for the same
// key, INTERLEAVE cycles after cell k-1: the product comes one cycle after its operands, then an
// adder of INTERLEAVE stages. One key enters a cycle. The sum of a key that enters in t is on sum_o
// in t + 2 + INTERLEAVE*D. Cells at and beyond cols_i add +0.
module tessera_score_array #(
  parameter int unsigned D = 16,
  parameter int unsigned LANES = 2,
  parameter int unsigned INTERLEAVE = 4
) (
  input  logic                  clk_i,
  input  logic                  clear_i,
  input  logic                  valid_i,  // a key enters: the operands of cell k come
  input  logic [9:0]            cols_i,   // INTERLEAVE*k + 1 cycles later; d_k
  input  logic [D*LANES*16-1:0] q_i,      // cell k, lane l in bits (k*LANES+l)*16 and up
  input  logic [D*16-1:0]       k_i,
  output logic [LANES*32-1:0]   sum_o
);
  localparam int unsigned Cells = D * LANES;
  localparam int unsigned I = INTERLEAVE;
  localparam int unsigned Taps = I * D + 1;
  localparam int unsigned Extra = I == 8 ? 4 : 0;  // plain registers behind the adder's four

  // Cell k of lane l has index k*LANES + l.
  logic [31:0]                               product    [Cells];
  logic [tessera_fp_pkg::AlignedBits-1:0]    aligned    [Cells];
  logic [tessera_fp_pkg::SummedBits-1:0]     summed     [Cells];
  logic [tessera_fp_pkg::NormalisedBits-1:0] normalised [Cells];
  logic [31:0]                               rounded    [(Extra+1)*Cells];
  // d_k of the key that entered n+1 cycles ago, 0 if none did.
  logic [9:0]                                cols       [Taps];
  logic [LANES*32-1:0]                       sum;

  // verilator lint_off BLKSEQ
  // Blocking on purpose: these arrays are read nowhere else; cells and stages go last to first.
  always_ff @(posedge clk_i) begin
    for (int k = D - 1; k >= 0; k--) begin
      for (int s = Extra; s > 0; s--)
        if (cols[I*k + 4 + s] != 10'd0)
          for (int c = k * LANES; c < (k + 1) * LANES; c++)
            rounded[s*Cells + c] = rounded[(s-1)*Cells + c];
      if (I >= 4) begin
        if (cols[I*k + 4] != 10'd0)
          for (int c = k * LANES; c < (k + 1) * LANES; c++)
            rounded[c] = tessera_fp_pkg::round(normalised[c]);
        if (cols[I*k + 3] != 10'd0)
          for (int c = k * LANES; c < (k + 1) * LANES; c++)
            normalised[c] = tessera_fp_pkg::add_normalise(summed[c]);
        if (cols[I*k + 2] != 10'd0)
          for (int c = k * LANES; c < (k + 1) * LANES; c++)
            summed[c] = tessera_fp_pkg::add_sum(aligned[c]);
        if (cols[I*k + 1] != 10'd0)
          for (int c = k * LANES; c < (k + 1) * LANES; c++)
            aligned[c] = tessera_fp_pkg::add_align(
                k == 0 ? 32'd0 : rounded[Extra*Cells + c - LANES], product[c]);
      end else if (I == 2) begin
        if (cols[I*k + 2] != 10'd0)
          for (int c = k * LANES; c < (k + 1) * LANES; c++)
            rounded[c] = tessera_fp_pkg::round(tessera_fp_pkg::add_normalise(summed[c]));
        if (cols[I*k + 1] != 10'd0)
          for (int c = k * LANES; c < (k + 1) * LANES; c++)
            summed[c] = tessera_fp_pkg::add_sum(tessera_fp_pkg::add_align(
                k == 0 ? 32'd0 : rounded[c - LANES], product[c]));
      end else begin
        if (cols[I*k + 1] != 10'd0)
          for (int c = k * LANES; c < (k + 1) * LANES; c++)
            rounded[c] = tessera_fp_pkg::round(tessera_fp_pkg::add_normalise(
                tessera_fp_pkg::add_sum(tessera_fp_pkg::add_align(
                    k == 0 ? 32'd0 : rounded[c - LANES], product[c]))));
      end
      if (cols[I*k] != 10'd0)
        for (int c = k * LANES; c < (k + 1) * LANES; c++)
          product[c] = 10'(k) < cols[I*k]
              ? tessera_fp_pkg::bf16_product(q_i[c*16 +: 16], k_i[k*16 +: 16]) : 32'd0;
    end
    for (int l = 0; l < LANES; l++)
      sum[l*32 +: 32] = rounded[Extra*Cells + (D-1)*LANES + l];
    sum_o <= sum;
    for (int t = Taps - 1; t > 0; t--) cols[t] = clear_i ? 10'd0 : cols[t-1];
    cols[0] = (valid_i && !clear_i) ? cols_i : 10'd0;
  end
  // verilator lint_on BLKSEQ
endmodule
