// SPDX-License-Identifier: MIT
// Test top: the exponential, the mask unit with four lanes, and the range of keys.
module rtl_softmax_top (
  input  logic         clk_i,
  // Exponential
  input  logic         exp_valid_i,
  input  logic         identity_i,
  input  logic         nan_i,
  input  logic [31:0]  t_i,
  input  logic [15:0]  m_i,
  output logic [15:0]  weight_o,
  // Mask unit
  input  logic         mask_valid_i,
  input  logic [9:0]   key_i,
  input  logic [31:0]  k_position_i,
  input  logic [9:0]   row_i,
  input  logic [10:0]  rows_i,
  input  logic [127:0] q_position_i,
  input  logic [31:0]  flags_i,
  input  logic [31:0]  window_i,
  input  logic [31:0]  sinks_i,
  input  logic [31:0]  block_i,
  input  logic [31:0]  summary_i,
  input  logic [31:0]  free_from_i,
  input  logic [31:0]  diag_group_i,
  input  logic [31:0]  prefix_i,
  output logic [3:0]   allowed_o,
  // Range of keys of rows rows_i from q_first_i on
  input  logic         known_i,
  input  logic [31:0]  q_first_i,
  input  logic [31:0]  k_first_i,
  input  logic [10:0]  keys_i,
  output logic [9:0]   range_first_o,
  output logic [10:0]  range_keys_o
);
  tessera_exp2 u_exp2 (.clk_i, .valid_i(exp_valid_i), .identity_i, .nan_i, .t_i, .m_i, .weight_o);
  logic [tessera_mask_pkg::MaskBits-1:0] mask;
  assign mask = tessera_mask_pkg::of_words({prefix_i, diag_group_i, free_from_i, summary_i, block_i,
                                            sinks_i, window_i, flags_i});
  tessera_mask_unit #(.LANES(4)) u_mask (
    .clk_i, .valid_i(mask_valid_i), .key_i, .k_position_i, .row_i, .rows_i, .q_position_i,
    .mask_i(mask), .allowed_o
  );
  assign {range_first_o, range_keys_o} =
      tessera_mask_pkg::key_range(mask, known_i, q_first_i, k_first_i, rows_i, keys_i);
endmodule
