// SPDX-License-Identifier: MIT
// The two score buffers: LANES scores per key and turn, and the running row maxima and flags of each
// turn. Reads give entry, maximum and flags in the next cycle; the maximum includes writes up to the
// cycle before the read. A write starts a new maximum with its first key.
module tessera_score_buffer #(
  parameter int unsigned M          = 16,
  parameter int unsigned LANES      = 2,
  parameter int unsigned INTERLEAVE = 4,
  parameter int unsigned TurnBits   = (INTERLEAVE > 1) ? $clog2(INTERLEAVE) : 1
) (
  input  logic                clk_i,
  // Write
  input  logic                write_i,
  input  logic                write_buffer_i,
  input  logic [9:0]          write_key_i,
  input  logic [TurnBits-1:0] write_turn_i,
  input  logic                identity_i,
  input  logic [LANES*32-1:0] t_i,
  input  logic [LANES-1:0]    nan_i,
  input  logic [LANES-1:0]    saturated_i,
  input  logic [LANES-1:0]    allowed_i,
  // Read
  input  logic                read_i,
  input  logic                read_buffer_i,
  input  logic [9:0]          read_key_i,
  input  logic [TurnBits-1:0] read_turn_i,
  output logic [LANES*32-1:0] t_o,
  output logic [LANES-1:0]    nan_o,
  output logic [LANES-1:0]    allowed_o,
  output logic [LANES*18-1:0] maximum_o    // per lane: flags[2], m[16]
);
  localparam int unsigned KeyBits = (M > 1) ? $clog2(M) : 1;
  localparam int unsigned Entry   = LANES * 34;

  logic [Entry-1:0]    entry_q [2 << (KeyBits + TurnBits)];
  logic [LANES*18-1:0] maximum_q [2 << TurnBits];
  logic [LANES*18-1:0] maximum_old, maximum_new;
  logic [KeyBits-1:0]  write_key, read_key;
  logic                unused_keys;

  assign write_key   = KeyBits'(write_key_i);
  assign read_key    = KeyBits'(read_key_i);
  assign unused_keys = ^read_key_i;
  assign maximum_old = maximum_q[{write_buffer_i, write_turn_i}];

  for (genvar l = 0; l < LANES; l++) begin : g_lane
    logic [15:0] ceiling, m;
    logic [1:0]  flags;
    assign ceiling = identity_i ? 16'd0 : tessera_fp_pkg::score_ceiling(t_i[l*32 +: 32]);
    always_comb begin
      m     = maximum_old[l*18 +: 16];
      flags = maximum_old[l*18 + 16 +: 2];
      if (write_key_i == 10'd0) begin
        m     = tessera_pkg::Empty;
        flags = 2'd0;
      end
      if (allowed_i[l]) begin
        if ($signed(ceiling) > $signed(m)) m = ceiling;
        flags[tessera_pkg::RowNan]       = flags[tessera_pkg::RowNan] || nan_i[l];
        flags[tessera_pkg::RowSaturated] = flags[tessera_pkg::RowSaturated] || saturated_i[l];
      end
    end
    assign maximum_new[l*18 +: 18] = {flags, m};
  end

  always_ff @(posedge clk_i) begin
    if (read_i) begin
      {t_o, nan_o, allowed_o} <= entry_q[{read_buffer_i, read_key, read_turn_i}];
      maximum_o               <= maximum_q[{read_buffer_i, read_turn_i}];
    end
    if (write_i) begin
      entry_q[{write_buffer_i, write_key, write_turn_i}] <= {t_i, nan_i, allowed_i};
      maximum_q[{write_buffer_i, write_turn_i}]          <= maximum_new;
    end
  end
endmodule
