// SPDX-License-Identifier: MIT
// The device's arithmetic as functions, one per pipeline step: spec/float.h, softmax.h and state.h
// bit for bit. Wrapper modules (one cell, for tests and synthesis) and the array loops of the two
// stages use the same functions. Round to nearest even, subnormals are zeros, one NaN.
package tessera_fp_pkg;

  // Words between the steps of an add:
  // aligned:    special, subtract, sign, exponent[8], larger[24], smaller[27] (guard, round, sticky)
  // summed:     special, sign, exponent[8], sum[28]
  // normalised: special, sign, exponent[10] (two's complement), fraction[23], guard, sticky
  // A special word carries a finished result in sign, exponent and the 23 bits of the fraction.
  localparam int unsigned AlignedBits = 62;
  localparam int unsigned SummedBits = 38;
  localparam int unsigned NormalisedBits = 37;
  localparam int unsigned ProductBits = 60;  // special, sign, exponent[10], product[48]
  localparam int unsigned ScoreBits = 34;  // nan, saturated, T[32]

  // Exact product of two bf16 in fp32, but for a signed zero below 2^-126 and Inf where too large.
  function automatic logic [31:0] bf16_product(input logic [15:0] a, input logic [15:0] b);
    logic        sign;
    logic [15:0] product;
    logic [9:0]  exponent;
    sign = a[15] ^ b[15];
    product = {8'd0, 1'b1, a[6:0]} * {8'd0, 1'b1, b[6:0]};
    exponent = {2'd0, a[14:7]} + {2'd0, b[14:7]} + {9'd0, product[15]} - 10'd127;
    if (a[14:7] == 8'd0 || b[14:7] == 8'd0) begin
      bf16_product = {sign, 31'd0};
      if (a[14:7] == 8'd255 || b[14:7] == 8'd255)
        bf16_product = tessera_pkg::CanonicalNan;  // NaN, or 0 * Inf
    end else if (a[14:7] == 8'd255 || b[14:7] == 8'd255) begin
      bf16_product = {sign, 8'd255, 23'd0};
      if (a[14:0] > 15'h7f80 || b[14:0] > 15'h7f80) bf16_product = tessera_pkg::CanonicalNan;
    end else if (exponent[9] || exponent == 10'd0) begin
      bf16_product = {sign, 31'd0};
    end else if (exponent >= 10'd255) begin
      bf16_product = {sign, 8'd255, 23'd0};
    end else begin
      bf16_product = {sign, exponent[7:0],
                      product[15] ? product[14:0] : {product[13:0], 1'b0}, 8'd0};
    end
  endfunction

  // Add, step 1: larger operand first, the smaller one shifted below it.
  function automatic logic [AlignedBits-1:0] add_align(input logic [31:0] a, input logic [31:0] b);
    logic        swap, is_special;
    logic [31:0] x, y;
    logic [23:0] larger, smaller;
    logic [7:0]  distance;
    logic [53:0] shifted;
    swap = a[30:0] < b[30:0];
    x = swap ? b : a;
    y = swap ? a : b;
    larger = x[30:23] == 8'd0 ? 24'd0 : {1'b1, x[22:0]};
    smaller = y[30:23] == 8'd0 ? 24'd0 : {1'b1, y[22:0]};
    distance = x[30:23] - y[30:23];
    if (distance > 8'd27) distance = 8'd27;
    shifted = {smaller, 30'd0} >> distance[4:0];
    is_special = x[30:23] == 8'd255;
    if (is_special) begin
      // Not a number if the larger is, or if two infinities cancel.
      if (x[22:0] != 23'd0 || (y[30:23] == 8'd255 && x[31] != y[31]))
        x = tessera_pkg::CanonicalNan;
      larger = {1'b0, x[22:0]};
    end
    add_align = {is_special, a[31] ^ b[31], x[31], x[30:23], larger, shifted[53:28],
                 shifted[27:0] != 28'd0};
  endfunction

  // In place of add_align: lets a word through unchanged, whatever its bits.
  function automatic logic [AlignedBits-1:0] add_bypass(input logic [31:0] a);
    add_bypass = {1'b1, 1'b0, a[31], a[30:23], 1'b0, a[22:0], 27'd0};
  endfunction

  // Add, step 2.
  function automatic logic [SummedBits-1:0] add_sum(input logic [AlignedBits-1:0] a);
    logic [27:0] larger, smaller, total;
    larger = {1'b0, a[50:27], 3'd0};
    smaller = {1'b0, a[26:0]};
    total = a[60] ? larger - smaller : larger + smaller;
    // What cancels is +0; a special keeps its fraction in the low bits.
    if (a[61]) add_sum = {1'b1, a[59], a[58:51], 5'd0, a[49:27]};
    else add_sum = {1'b0, a[59] && !(a[60] && total == 28'd0), a[58:51], total};
  endfunction

  // Add, step 3.
  function automatic logic [NormalisedBits-1:0] add_normalise(input logic [SummedBits-1:0] s);
    logic [27:0] x;
    logic [9:0]  exponent;
    x = s[27:0];
    exponent = {2'd0, s[35:28]} + 10'd1;
    if (x[27:12] == 16'd0) begin
      x = {x[11:0], 16'd0};
      exponent = exponent - 10'd16;
    end
    if (x[27:20] == 8'd0) begin
      x = {x[19:0], 8'd0};
      exponent = exponent - 10'd8;
    end
    if (x[27:24] == 4'd0) begin
      x = {x[23:0], 4'd0};
      exponent = exponent - 10'd4;
    end
    if (x[27:26] == 2'd0) begin
      x = {x[25:0], 2'd0};
      exponent = exponent - 10'd2;
    end
    if (!x[27]) begin
      x = {x[26:0], 1'b0};
      exponent = exponent - 10'd1;
    end
    if (s[37]) add_normalise = {s[37:36], 2'd0, s[35:28], s[22:0], 2'd0};
    else if (!x[27]) add_normalise = {1'b1, s[36], 35'd0};  // zero
    else add_normalise = {1'b0, s[36], exponent, x[26:3], x[2:0] != 3'd0};
  endfunction

  // Add, step 4; also the end of multiply and divide. Tininess is judged after rounding.
  function automatic logic [31:0] round(input logic [NormalisedBits-1:0] n);
    logic [9:0]  exponent;
    logic [22:0] fraction;
    // A carry out of the fraction is the next exponent.
    {exponent, fraction} = n[34:2] + {32'd0, n[1] && (n[0] || n[2])};
    round = {n[35], exponent[7:0], fraction};
    if (!n[36]) begin
      if (exponent[9] || exponent == 10'd0) round = {n[35], 31'd0};
      else if (exponent >= 10'd255) round = {n[35], 8'd255, 23'd0};
    end
  endfunction

  // The special operands of a multiply (x = 0 * Inf) or divide (x = 0/0 or Inf/Inf) as a product
  // word: special, sign, exponent, fraction.
  function automatic logic [ProductBits-1:0] special_word(
      input logic sign, input logic is_nan, input logic is_inf);
    special_word = {1'b1, sign && !is_nan, 2'd0, (is_nan || is_inf) ? 8'd255 : 8'd0, 25'd0, is_nan,
                    22'd0};
  endfunction

  // Multiply, step 1.
  function automatic logic [ProductBits-1:0] mul_product(
      input logic [31:0] a, input logic [31:0] b);
    logic a_zero, b_zero, a_top, b_top, is_nan;
    a_zero = a[30:23] == 8'd0;
    b_zero = b[30:23] == 8'd0;
    a_top = a[30:23] == 8'd255;
    b_top = b[30:23] == 8'd255;
    is_nan = (a_top && a[22:0] != 23'd0) || (b_top && b[22:0] != 23'd0) ||
             (a_top && b_zero) || (b_top && a_zero);
    if (a_zero || b_zero || a_top || b_top)
      mul_product = special_word(a[31] ^ b[31], is_nan, a_top || b_top);
    else
      mul_product = {1'b0, a[31] ^ b[31], {2'd0, a[30:23]} + {2'd0, b[30:23]} - 10'd127,
                     {24'd0, 1'b1, a[22:0]} * {24'd0, 1'b1, b[22:0]}};
  endfunction

  // Multiply, step 2.
  function automatic logic [31:0] mul_round(input logic [ProductBits-1:0] p);
    if (p[59]) mul_round = round({p[59:48], p[22:0], 2'd0});
    else if (p[47]) mul_round = round({p[59:58], p[57:48] + 10'd1, p[46:23], p[22:0] != 23'd0});
    else mul_round = round({p[59:48], p[45:22], p[21:0] != 22'd0});
  endfunction

  // fp32 to fixed point: a * 2^16 rounded to nearest even as an unlimited integer, then clamped.
  function automatic logic [ScoreBits-1:0] to_score(input logic [31:0] a);
    logic [7:0]  places;
    logic [62:0] wide;
    logic [31:0] magnitude;
    logic        over;
    places = 8'd141 - a[30:23];  // from here on the integer part is in wide[62:32]
    if (places > 8'd33) places = 8'd33;
    wide = {1'b1, a[22:0], 39'd0} >> places[5:0];
    magnitude = {1'b0, wide[62:32]} +
                {31'd0, wide[31] && (wide[30:0] != 31'd0 || wide[32])};
    over = a[30:23] >= 8'd142 || magnitude > tessera_pkg::ScoreLimit;
    if (over) magnitude = tessera_pkg::ScoreLimit;
    if (a[30:23] == 8'd255 && a[22:0] != 23'd0)
      to_score = {2'b10, -tessera_pkg::ScoreLimit};
    else if (a[30:23] == 8'd0) to_score = 34'd0;
    else to_score = {1'b0, over, a[31] ? -magnitude : magnitude};
  endfunction

  // Nearest bf16, ties to even.
  function automatic logic [15:0] to_bf16(input logic [31:0] a);
    if (a[30:23] == 8'd255 && a[22:0] != 23'd0)
      to_bf16 = tessera_pkg::CanonicalNan[31:16];
    else if (a[30:23] == 8'd0) to_bf16 = {a[31], 15'd0};
    else to_bf16 = a[31:16] + {15'd0, a[15] && (a[16] || a[14:0] != 15'd0)};
  endfunction

  // a * 2^-delta: Inf and NaN stay, an exponent that would reach 0 gives a signed zero.
  function automatic logic [31:0] scale_down(input logic [31:0] a, input logic [15:0] delta);
    if (a[30:23] == 8'd255) scale_down = a;
    else if ({8'd0, a[30:23]} <= delta) scale_down = {a[31], 31'd0};
    else scale_down = {a[31], a[30:23] - delta[7:0], a[22:0]};
  endfunction

  // Smallest integer not below T * 2^-16.
  function automatic logic [15:0] score_ceiling(input logic [31:0] t);
    score_ceiling = t[31:16] + {15'd0, t[15:0] != 16'd0};
  endfunction

endpackage
