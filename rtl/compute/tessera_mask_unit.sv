// SPDX-License-Identifier: MIT
// Which of LANES queries (tile rows row_i + l) may see a key: the predicate of
// docs/contract/device.md, section 4. The answer comes two cycles later; one key and turn enter a
// cycle. With DIAG_OFF the keys of a tile must come in order from 0, because the unit counts the
// groups and does not divide.
module tessera_mask_unit #(
  parameter int unsigned LANES = 2
) (
  input  logic                                  clk_i,
  input  logic                                  valid_i,
  input  logic [9:0]                            key_i,         // tile row of the key
  input  logic [31:0]                           k_position_i,
  input  logic [9:0]                            row_i,         // tile row of lane 0
  input  logic [10:0]                           rows_i,        // valid query rows of the tile
  input  logic [LANES*32-1:0]                   q_position_i,
  input  logic [tessera_mask_pkg::MaskBits-1:0] mask_i,
  output logic [LANES-1:0]                      allowed_o
);
  logic        valid_q, diag_off;
  logic [10:0] group;
  logic [10:0] start_q, start, stop;  // of the key's group of DIAG_OFF: first row, and one past it
  logic [tessera_mask_pkg::KeyBits-1:0] key_word_q;

  assign diag_off = mask_i[tessera_mask_pkg::MaskDiagOff];
  assign group = mask_i[tessera_mask_pkg::DiagGroupAt +: 11];
  always_comb begin
    start = start_q;
    if (key_i == 10'd0) start = 11'd0;
    else if ({1'b0, key_i} == start_q + group) start = {1'b0, key_i};
    stop = start + group;
  end

  always_ff @(posedge clk_i) begin
    valid_q <= valid_i;
    if (valid_i) begin
      start_q <= start;
      key_word_q <= tessera_mask_pkg::key_word(mask_i, key_i, k_position_i);
    end
  end

  for (genvar l = 0; l < LANES; l++) begin : g_lane
    logic [tessera_mask_pkg::PairBits-1:0] pair_word_q;
    logic [10:0]                           row;
    logic                                  barred, barred_q;

    assign row = {1'b0, row_i} + 11'(l);
    assign barred = row >= rows_i || (diag_off && row >= start && row < stop);

    always_ff @(posedge clk_i) begin
      if (valid_i) begin
        pair_word_q <= tessera_mask_pkg::pair_word(mask_i, q_position_i[l*32 +: 32], k_position_i);
        barred_q <= barred;
      end
      if (valid_q)
        allowed_o[l] <= !barred_q && tessera_mask_pkg::allows(key_word_q, pair_word_q);
    end
  end
endmodule
