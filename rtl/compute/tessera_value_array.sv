// SPDX-License-Identifier: MIT
// LANES x (D+1) multiply-add cells and the shadow register. Each cell adds weight * v to the sum of
// its row, INTERLEAVE rows in turn; column D adds the weights themselves (l). A product takes one
// cycle, and the adder has INTERLEAVE stages. The sums of a group's last key go to the shadow
// register, visible INTERLEAVE + 2 cycles after the weight. From there rows leave one a cycle,
// scaled down. Masked keys, and columns at and beyond cols_i, add +0.
module tessera_value_array #(
  parameter int unsigned D = 16,
  parameter int unsigned LANES = 2,
  parameter int unsigned INTERLEAVE = 4,
  localparam int unsigned TurnBits = INTERLEAVE > 1 ? $clog2(INTERLEAVE) : 1
) (
  input  logic                               clk_i,
  input  logic                               clear_i,
  // Weights of a key
  input  logic                               valid_i,
  input  logic                               first_i,    // of its group
  input  logic                               last_i,
  input  logic [TurnBits-1:0]                turn_i,
  input  logic [LANES*16-1:0]                weight_i,
  input  logic [LANES-1:0]                   allowed_i,
  input  logic [D*16-1:0]                    v_i,
  input  logic [9:0]                         cols_i,     // d_v
  // Row of the shadow register: on row_o in the next cycle
  input  tessera_lane_group_pkg::tile_read_t read_i,
  output logic [(D+1)*32-1:0]                row_o
);
  localparam int unsigned Cols = D + 1;
  localparam int unsigned Cells = LANES * Cols;
  localparam int unsigned I = INTERLEAVE;
  localparam int unsigned Extra = I == 8 ? 4 : 0;  // plain registers behind the adder's four
  localparam int unsigned Word = 3 + TurnBits;      // {valid, first, last, turn}

  // Cell of lane l, column c has index l*Cols + c.
  logic [31:0]                               product    [Cells];
  logic [tessera_fp_pkg::AlignedBits-1:0]    aligned    [Cells];
  logic [tessera_fp_pkg::SummedBits-1:0]     summed     [Cells];
  logic [tessera_fp_pkg::NormalisedBits-1:0] normalised [Cells];
  logic [31:0]                               rounded    [(Extra+1)*Cells];
  logic [31:0]                               shadow     [I*Cells];
  logic [Word-1:0]                           control    [9];  // of the key n+1 cycles ago; I+1 used
  logic [(D+1)*32-1:0]                       row;
  logic [31:0]                               sum;
  logic                                      busy;     // some stage holds a key

  // verilator lint_off BLKSEQ
  // Blocking on purpose: these arrays are read nowhere else, and the stages go last to first.
  always_ff @(posedge clk_i) begin
    if (read_i.valid)
      for (int t = 0; t < I; t++)
        for (int l = 0; l < LANES; l++)
          if (read_i.turn == 3'(t) && read_i.lane == 7'(l))
            for (int c = 0; c < Cols; c++)
              row[c*32 +: 32] =
                  tessera_fp_pkg::scale_down(shadow[t*Cells + l*Cols + c], read_i.delta);
    row_o <= row;

    // Sums that are complete. (Searched, here and above, so that every index is a constant.)
    for (int t = 0; t < I; t++)
      if (control[I][Word-1] && control[I][TurnBits] && control[I][TurnBits-1:0] == TurnBits'(t))
        for (int c = 0; c < Cells; c++) shadow[t*Cells + c] = rounded[Extra*Cells + c];

    busy = 1'b0;
    for (int t = 0; t < I; t++) busy = busy || control[t][Word-1];
    if (busy) for (int c = 0; c < Cells; c++) begin
      // Before the adder's last register moves on: it is its own operand, INTERLEAVE cycles later.
      sum = control[0][Word-2] ? 32'd0 : rounded[Extra*Cells + c];
      for (int s = Extra; s > 0; s--)
        if (control[3 + s][Word-1]) rounded[s*Cells + c] = rounded[(s-1)*Cells + c];
      if (I >= 4) begin
        if (control[3][Word-1]) rounded[c] = tessera_fp_pkg::round(normalised[c]);
        if (control[2][Word-1]) normalised[c] = tessera_fp_pkg::add_normalise(summed[c]);
        if (control[1][Word-1]) summed[c] = tessera_fp_pkg::add_sum(aligned[c]);
        if (control[0][Word-1]) aligned[c] = tessera_fp_pkg::add_align(sum, product[c]);
      end else if (I == 2) begin
        if (control[1][Word-1])
          rounded[c] = tessera_fp_pkg::round(tessera_fp_pkg::add_normalise(summed[c]));
        if (control[0][Word-1])
          summed[c] = tessera_fp_pkg::add_sum(tessera_fp_pkg::add_align(sum, product[c]));
      end else if (control[0][Word-1]) begin
        rounded[c] = tessera_fp_pkg::round(tessera_fp_pkg::add_normalise(
            tessera_fp_pkg::add_sum(tessera_fp_pkg::add_align(sum, product[c]))));
      end
    end

    if (valid_i)
      for (int l = 0; l < LANES; l++) begin
        for (int c = 0; c < D; c++)
          product[l*Cols + c] = (allowed_i[l] && 10'(c) < cols_i)
              ? tessera_fp_pkg::bf16_product(weight_i[l*16 +: 16], v_i[c*16 +: 16]) : 32'd0;
        product[l*Cols + D] = allowed_i[l]
            ? tessera_fp_pkg::bf16_product(weight_i[l*16 +: 16], 16'h3f80) : 32'd0;
      end

    for (int t = I; t > 0; t--) control[t] = clear_i ? '0 : control[t-1];
    control[0] = (valid_i && !clear_i) ? {1'b1, first_i, last_i, turn_i} : '0;
  end
  // verilator lint_on BLKSEQ
endmodule
