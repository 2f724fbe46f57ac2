// SPDX-License-Identifier: MIT
// Which of LANES queries (tile rows row_i + l) may see a key: the predicate of
// docs/contract/device.md, section 4. The answer comes two cycles later; one key and turn enter a
// cycle. The keys of a tile must come in order from 0, because the unit counts the groups of
// DIAG_OFF and does not divide.
module tessera_mask_unit #(
  parameter int unsigned LANES = 2
) (
  input  logic                          clk_i,
  input  logic                          valid_i,
  input  logic [9:0]                    key_i,         // tile row of the key
  input  logic [31:0]                   k_position_i,
  input  logic [9:0]                    row_i,         // tile row of lane 0
  input  logic [10:0]                   rows_i,        // valid query rows of the tile
  input  logic [LANES*32-1:0]           q_position_i,
  input  tessera_lane_group_pkg::mask_t mask_i,
  output logic [LANES-1:0]              allowed_o
);
  logic [7:0]  flags;
  logic [10:0] start_q, start, stop;  // of the key's group of DIAG_OFF: first row, and one past it
  logic        valid_q, free_q, local_q, window_q, causal_q;
  logic [31:0] window_bound_q;
  logic        any_local, sink, summary, free, prefix;

  assign flags = mask_i.flags;

  always_comb begin
    start = start_q;
    if (key_i == 10'd0) start = 11'd0;
    else if ({1'b0, key_i} == start_q + mask_i.diag_group) start = {1'b0, key_i};
    stop = start + mask_i.diag_group;
  end

  assign any_local = flags[tessera_pkg::MaskWindow] || flags[tessera_pkg::MaskSink] ||
                     flags[tessera_pkg::MaskBlock] || flags[tessera_pkg::MaskSummary];
  assign sink = flags[tessera_pkg::MaskSink] && k_position_i < mask_i.sinks;
  assign summary = flags[tessera_pkg::MaskSummary] &&
                   ((k_position_i & (mask_i.block - 32'd1)) >= mask_i.block - mask_i.summary);
  assign free = flags[tessera_pkg::MaskFree] && {1'b0, key_i} >= mask_i.free_from;
  assign prefix = flags[tessera_pkg::MaskPrefix] && k_position_i < mask_i.prefix;

  always_ff @(posedge clk_i) begin
    valid_q <= valid_i;
    if (valid_i) begin
      start_q <= start;
      free_q <= free || prefix;
      local_q <= !any_local || sink || summary;
      window_q <= flags[tessera_pkg::MaskWindow];
      causal_q <= flags[tessera_pkg::MaskCausal];
      window_bound_q <= mask_i.window;
    end
  end

  for (genvar l = 0; l < LANES; l++) begin : g_lane
    logic [31:0] q, distance, distance_q;
    logic [10:0] row;
    logic        past, past_q, block, block_q, barred, barred_q;

    assign q = q_position_i[l*32 +: 32];
    assign row = {1'b0, row_i} + 11'(l);
    assign past = k_position_i <= q;
    assign distance = past ? q - k_position_i : k_position_i - q;
    assign block = flags[tessera_pkg::MaskBlock] &&
                   (((q ^ k_position_i) & ~(mask_i.block - 32'd1)) == 32'd0);
    assign barred = row >= rows_i || (flags[tessera_pkg::MaskDiagOff] && row >= start &&
                                      row < stop);

    always_ff @(posedge clk_i) begin
      if (valid_i) begin
        past_q <= past;
        distance_q <= distance;
        block_q <= block;
        barred_q <= barred;
      end
      if (valid_q)
        allowed_o[l] <= !barred_q && (free_q || ((past_q || !causal_q) && (local_q || block_q ||
            (window_q && (distance_q < window_bound_q || (!past_q && causal_q))))));
    end
  end
endmodule
