// SPDX-License-Identifier: MIT
// fp32 quotient, correctly rounded, DivideCycles = 16 cycles later; one a cycle: operands, thirteen
// stages of two quotient bits, normalise, round. A stage without a valid word does nothing.
// a / 1.0 is a with NaN and subnormals in the device's form.
module tessera_fp_div (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        valid_i,
  input  logic [31:0] a_i,
  input  logic [31:0] b_i,
  output logic        valid_o,
  output logic [31:0] quotient_o
);
  localparam int unsigned Steps = 13;

  // Word of a stage. head: special, sign, exponent[10]; the fraction of a special is NaN or zero.
  logic [12:0]   head      [Steps+1];
  logic [24:0]   remainder [Steps+1];
  logic [23:0]   divisor   [Steps+1];
  logic [25:0]   quotient  [Steps+1];
  logic [tessera_fp_pkg::NormalisedBits-1:0] normalised;
  logic [Steps+2:0] valid_q;
  logic [31:0]      result;

  // Two steps of restoring division: {remainder, two bits}. The remainder is below 2 * divisor.
  function automatic logic [26:0] two_bits(input logic [24:0] r, input logic [23:0] d);
    logic [25:0] x;
    logic        first, second;
    x = {1'b0, r};
    first = x >= {2'd0, d};
    if (first) x = x - {2'd0, d};
    x = {x[24:0], 1'b0};
    second = x >= {2'd0, d};
    if (second) x = x - {2'd0, d};
    two_bits = {x[23:0], 1'b0, first, second};
  endfunction

  // special, sign, is_nan, exponent
  function automatic logic [12:0] classify(input logic [31:0] a, input logic [31:0] b);
    logic a_zero, b_zero, a_top, b_top, is_nan, is_inf;
    a_zero = a[30:23] == 8'd0;
    b_zero = b[30:23] == 8'd0;
    a_top = a[30:23] == 8'd255;
    b_top = b[30:23] == 8'd255;
    is_nan = (a_top && a[22:0] != 23'd0) || (b_top && b[22:0] != 23'd0) ||
             (a_top && b_top) || (a_zero && b_zero);
    is_inf = a_top || b_zero;
    if (a_zero || b_zero || a_top || b_top)
      classify = {1'b1, (a[31] ^ b[31]) && !is_nan, is_nan,
                  2'd0, (is_nan || (is_inf && !b_top)) ? 8'd255 : 8'd0};
    else
      classify = {1'b0, a[31] ^ b[31], 1'b0, {2'd0, a[30:23]} - {2'd0, b[30:23]} + 10'd127};
  endfunction

  // {head, remainder, quotient} to a word for round().
  function automatic logic [tessera_fp_pkg::NormalisedBits-1:0] normalise(
      input logic [12:0] h, input logic [24:0] r, input logic [25:0] q);
    if (h[12]) normalise = {h[12:11], h[9:0], h[10], 24'd0};
    else if (q[25]) normalise = {1'b0, h[11], h[9:0], q[24:1], q[0] || r != 25'd0};
    else normalise = {1'b0, h[11], h[9:0] - 10'd1, q[23:0], r != 25'd0};
  endfunction

  // verilator lint_off BLKSEQ
  // Blocking on purpose: the arrays are read nowhere else, and the stages go last to first.
  always_ff @(posedge clk_i) begin
    if (valid_q[Steps+1]) result = tessera_fp_pkg::round(normalised);
    if (valid_q[Steps])
      normalised = normalise(head[Steps], remainder[Steps], quotient[Steps]);
    for (int s = Steps - 1; s >= 0; s--) begin
      if (valid_q[s]) begin
        head[s+1] = head[s];
        divisor[s+1] = divisor[s];
        {remainder[s+1], quotient[s+1][1:0]} = two_bits(remainder[s], divisor[s]);
        quotient[s+1][25:2] = quotient[s][23:0];
      end
    end
    if (valid_i) begin
      head[0] = classify(a_i, b_i);
      remainder[0] = {1'b0, 1'b1, a_i[22:0]};
      divisor[0] = {1'b1, b_i[22:0]};
      quotient[0] = 26'd0;
    end
    quotient_o <= result;
    valid_q <= rst_ni ? {valid_q[Steps+1:0], valid_i} : '0;
  end
  // verilator lint_on BLKSEQ
  assign valid_o = valid_q[Steps+2];
endmodule
