// SPDX-License-Identifier: MIT
// From state rows to beats as memory holds them, one beat a cycle, StorePipeCycles after its read:
// row out of the bank, beat selected, divided (by l, or by 1.0 which only puts NaN and subnormals
// into the device's form), packed. State rows and FENCE records pass beside the dividers, unchanged.
module tessera_store_pipe #(
  parameter int unsigned D = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clear_i,
  // A beat is read in this cycle
  input  logic                   read_i,
  input  logic                   fence_i,
  input  logic                   state_i,      // STORE_STATE
  input  logic                   normalise_i,
  input  logic                   bf16_i,
  input  logic [15:0]            d_v_i,
  input  logic [7:0]             beat_i,       // within the row
  input  logic [63:0]            record_i,     // FENCE
  // The row, one cycle later
  input  logic [D*32-1:0]        row_o_i,
  input  logic [31:0]            row_l_i,
  input  logic [15:0]            row_m_i,
  input  logic [15:0]            row_flags_i,
  // The beat, to be pushed into the FIFO in this cycle
  output logic                   push_o,
  output logic [BUS_BYTES*8-1:0] data_o,
  // Counters: STORE_O rows
  output logic                   row_empty_o,
  output logic                   row_nan_o,
  output logic                   row_saturated_o,
  output logic                   row_div0_o
);
  localparam int unsigned Dividers = BUS_BYTES / 2;
  localparam int unsigned Words = BUS_BYTES / 4;
  localparam int unsigned BusBits = BUS_BYTES * 8;
  localparam int unsigned Delay = tessera_pkg::DivideCycles;
  localparam logic [31:0] One = 32'h3f80_0000;

  // Row out of the bank
  logic valid1_q, fence1_q, state1_q, normalise1_q, bf16_1_q;
  logic [15:0] d_v1_q;
  logic [7:0] beat1_q;
  logic [63:0] record1_q;
  logic empty, divided1;
  assign empty = row_m_i == tessera_pkg::Empty;
  assign divided1 = !fence1_q && !state1_q;
  assign row_empty_o = valid1_q && divided1 && beat1_q == '0 && empty;
  assign row_nan_o = valid1_q && divided1 && beat1_q == '0 && row_flags_i[tessera_pkg::RowNan];
  assign row_saturated_o = valid1_q && divided1 && beat1_q == '0 &&
                           row_flags_i[tessera_pkg::RowSaturated];
  assign row_div0_o = valid1_q && divided1 && beat1_q == '0 && normalise1_q && !empty &&
                      row_l_i[30:23] == '0;

  // Beat selected. Columns from d_v on are padding: zeros.
  logic valid2_q, divided2_q, bf16_2_q;
  logic [Dividers-1:0] element2_d, element2_q;
  logic [Dividers*32-1:0] o2_d, o2_q;
  logic [31:0] divisor2_q;
  logic [BusBits-1:0] raw2_d, raw2_q;
  logic [15:0] first_column;
  always_comb begin
    first_column = 16'(beat1_q) * 16'(bf16_1_q ? Dividers : Words);
    if (state1_q) first_column = first_column - 16'(Words);
    element2_d = '0;
    o2_d = '0;
    for (int unsigned e = 0; e < Dividers; e++) begin
      if ((bf16_1_q || e < Words) && first_column + 16'(e) < d_v1_q) begin
        element2_d[e] = 1'b1;
        if (!empty || state1_q) o2_d[e*32+:32] = row_o_i[(32'(first_column)+e)*32+:32];
      end
    end
    raw2_d = o2_d[BusBits-1:0];
    if (state1_q && beat1_q == '0) begin
      raw2_d = '0;
      raw2_d[63:0] = {row_flags_i, row_m_i, row_l_i};
    end
    if (fence1_q) begin
      raw2_d = '0;
      raw2_d[63:0] = record1_q;
    end
  end

  always_ff @(posedge clk_i) begin
    valid1_q <= read_i && rst_ni && !clear_i;
    if (read_i) begin
      fence1_q <= fence_i;
      state1_q <= state_i;
      normalise1_q <= normalise_i;
      bf16_1_q <= bf16_i;
      d_v1_q <= d_v_i;
      beat1_q <= beat_i;
      record1_q <= record_i;
    end
    valid2_q <= valid1_q && rst_ni && !clear_i;
    if (valid1_q) begin
      divided2_q <= divided1;
      bf16_2_q <= bf16_1_q;
      element2_q <= divided1 ? element2_d : '0;
      o2_q <= o2_d;
      divisor2_q <= normalise1_q && !empty ? row_l_i : One;
      raw2_q <= raw2_d;
    end
  end

  // Dividers, and beside them a delay line of the same length
  logic [Dividers*32-1:0] quotient;
  for (genvar e = 0; e < Dividers; e++) begin : g_divider
    logic unused_valid;
    tessera_fp_div u_div (
      .clk_i(clk_i),
      .rst_ni(rst_ni),
      .valid_i(valid2_q && element2_q[e]),
      .a_i(o2_q[e*32+:32]),
      .b_i(divisor2_q),
      .valid_o(unused_valid),
      .quotient_o(quotient[e*32+:32])
    );
  end

  localparam int unsigned LineBits = BusBits + Dividers + 2;
  logic [LineBits-1:0] line_q[Delay];
  logic [$clog2(Delay)-1:0] line_at_q;
  logic [Delay-1:0] valid_q;
  logic divided, bf16;
  logic [Dividers-1:0] element;
  logic [BusBits-1:0] raw;
  assign {divided, bf16, element, raw} = line_q[line_at_q];
  always_ff @(posedge clk_i) begin
    if (!rst_ni) line_at_q <= '0;
    else line_at_q <= line_at_q + 1'b1;
    if (!rst_ni || clear_i) valid_q <= '0;
    else valid_q <= {valid_q[Delay-2:0], valid2_q};
    if (valid2_q) line_q[line_at_q] <= {divided2_q, bf16_2_q, element2_q, raw2_q};
  end

  // Pack
  assign push_o = valid_q[Delay-1];
  always_comb begin
    data_o = raw;
    if (divided) begin
      data_o = '0;
      if (bf16) begin
        for (int unsigned e = 0; e < Dividers; e++) begin
          if (element[e]) data_o[e*16+:16] = tessera_fp_pkg::to_bf16(quotient[e*32+:32]);
        end
      end else begin
        for (int unsigned e = 0; e < Words; e++) begin
          if (element[e]) data_o[e*32+:32] = quotient[e*32+:32];
        end
      end
    end
  end
endmodule
