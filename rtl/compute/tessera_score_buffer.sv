// SPDX-License-Identifier: MIT
// The score buffer: a ring of LANES scores per key and turn, for 2*M keys, and for up to four lane
// groups the running row maxima and flags of each turn. A read gives entry, maximum and flags in
// the next cycle. The maximum includes writes up to the cycle before the read. A lane group's first
// key starts new maxima.
module tessera_score_buffer #(
  parameter int unsigned M = 16,
  parameter int unsigned LANES = 2,
  parameter int unsigned INTERLEAVE = 4
) (
  input  logic                                 clk_i,
  // <- score stage
  input  tessera_lane_group_pkg::score_write_t write_i,
  input  logic [LANES*32-1:0]                  t_i,
  input  logic [LANES-1:0]                     nan_i,
  input  logic [LANES-1:0]                     saturated_i,
  input  logic [LANES-1:0]                     allowed_i,
  // <-> value stage
  input  tessera_lane_group_pkg::score_read_t  read_i,
  output logic [LANES*32-1:0]                  t_o,
  output logic [LANES-1:0]                     nan_o,
  output logic [LANES-1:0]                     allowed_o,
  output logic [LANES*18-1:0]                  maximum_o   // per lane: flags[2], m[16]
);
  localparam int unsigned KeyBits = M > 1 ? $clog2(M) : 1;
  localparam int unsigned TurnBits = INTERLEAVE > 1 ? $clog2(INTERLEAVE) : 1;
  localparam int unsigned Entry = LANES * 34;

  logic [Entry-1:0]            entry_q [2 << (KeyBits + TurnBits)];
  logic [LANES*18-1:0]         maximum_q [tessera_pkg::ScoreLaneGroups << TurnBits];
  logic [LANES*18-1:0]         maximum_old, maximum_new;
  logic [TurnBits+1:0]         write_maximum, read_maximum;  // addresses
  logic [KeyBits+TurnBits:0]   write_entry, read_entry;
  logic                        unused_bits;

  assign write_maximum = {write_i.slot, write_i.turn[TurnBits-1:0]};
  assign read_maximum = {read_i.slot, read_i.turn[TurnBits-1:0]};
  assign write_entry = {write_i.entry[KeyBits:0], write_i.turn[TurnBits-1:0]};
  assign read_entry = {read_i.entry[KeyBits:0], read_i.turn[TurnBits-1:0]};
  assign unused_bits = ^{write_i, read_i};
  assign maximum_old = maximum_q[write_maximum];

  for (genvar l = 0; l < LANES; l++) begin : g_lane
    logic [15:0] ceiling, m;
    logic [1:0]  flags;
    assign ceiling = write_i.identity ? 16'd0 : tessera_fp_pkg::score_ceiling(t_i[l*32 +: 32]);
    always_comb begin
      m = maximum_old[l*18 +: 16];
      flags = maximum_old[l*18 + 16 +: 2];
      if (write_i.first) begin
        m = tessera_pkg::Empty;
        flags = 2'd0;
      end
      if (allowed_i[l]) begin
        if ($signed(ceiling) > $signed(m)) m = ceiling;
        flags[tessera_pkg::RowNan] = flags[tessera_pkg::RowNan] || nan_i[l];
        flags[tessera_pkg::RowSaturated] = flags[tessera_pkg::RowSaturated] || saturated_i[l];
      end
    end
    assign maximum_new[l*18 +: 18] = {flags, m};
  end

  always_ff @(posedge clk_i) begin
    if (read_i.valid) begin
      {t_o, nan_o, allowed_o} <= entry_q[read_entry];
      maximum_o <= maximum_q[read_maximum];
    end
    if (write_i.valid) begin
      entry_q[write_entry] <= {t_i, nan_i, allowed_i};
      maximum_q[write_maximum] <= maximum_new;
    end
  end
endmodule
