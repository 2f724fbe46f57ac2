// SPDX-License-Identifier: MIT
// Weight of a score: bf16 2^((T - m*65536) * 2^-16) by table and one multiply, ExpCycles = 4 cycles
// later; one a cycle. A NaN score weighs NaN; in identity mode the score is the weight.
// T must not be above m*65536.
module tessera_exp2 (
  input  logic        clk_i,
  input  logic        valid_i,
  input  logic        identity_i,
  input  logic        nan_i,
  input  logic [31:0] t_i,
  input  logic [15:0] m_i,
  output logic [15:0] weight_o
);
  // Each stage: the special weight (NaN, identity) goes along and wins at the end.
  logic [2:0]  valid_q;
  logic [16:0] n;
  logic [6:0]  n_t1, n_t2, n_t3;           // 127 and more give +0
  logic [12:0] f_t1;                       // the lowest three bits of T do not count
  logic [15:0] start_t2;
  logic [7:0]  rest_t2;
  logic [15:0] slope_t2;
  logic [7:0]  u_t3;                       // 128 to 256 without the bit of 128
  logic        fixed_t1, fixed_t2, fixed_t3;
  logic [15:0] weight_t1, weight_t2, weight_t3;
  logic [23:0] rise;
  logic [15:0] y;
  logic [7:0]  exponent;
  logic        unused_bits;

  // The low half of T - m*65536 is that of T.
  assign n = {m_i[15], m_i} - {t_i[31], t_i[31:16]};
  assign rise = {8'd0, slope_t2} * {16'd0, rest_t2};
  assign y = start_t2 + rise[23:8] + 16'd64;
  assign unused_bits = ^{rise[7:0], y[14], y[6:0]};
  assign exponent = 8'd127 - {1'b0, n_t3} + {7'd0, u_t3[7]};

  always_ff @(posedge clk_i) begin
    valid_q <= {valid_q[1:0], valid_i};
    if (valid_i) begin
      n_t1 <= (n > 17'd127) ? 7'd127 : n[6:0];
      f_t1 <= t_i[15:3];
      fixed_t1 <= nan_i || identity_i;
      weight_t1 <= identity_i ? t_i[15:0] : tessera_pkg::CanonicalNan[31:16];
    end
    if (valid_q[0]) begin
      n_t2 <= n_t1;
      start_t2 <= tessera_pkg::ExpTable[f_t1[12:8]*16 +: 16];
      slope_t2 <= tessera_pkg::ExpSlope[f_t1[12:8]*16 +: 16];
      rest_t2 <= f_t1[7:0];
      fixed_t2 <= fixed_t1;
      weight_t2 <= weight_t1;
    end
    if (valid_q[1]) begin
      n_t3 <= n_t2;
      u_t3 <= {y[15], y[13:7]};
      fixed_t3 <= fixed_t2;
      weight_t3 <= weight_t2;
    end
    if (valid_q[2]) begin
      if (fixed_t3) weight_o <= weight_t3;
      else if (n_t3 == 7'd127) weight_o <= 16'd0;
      else weight_o <= {1'b0, exponent, u_t3[6:0]};
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (valid_i && !nan_i && !identity_i)
      assert (!n[16]) else $error("score above its row maximum");
`endif
endmodule
