// SPDX-License-Identifier: MIT
// From state rows to beats as memory holds them, one beat a cycle, StorePipeCycles after its read:
// row out of the bank, beat selected, divided (by l, or by 1.0 which only puts NaN and subnormals
// into the device's form), packed. State rows and FENCE records pass unchanged beside the dividers.
module tessera_store_pipe #(
  parameter int unsigned D = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic                          clear_i,
  // A beat is read in this cycle
  input  tessera_port_pkg::store_beat_t beat_i,
  // <- state banks: its row, one cycle later
  input  tessera_port_pkg::row_rsp_t    row_i,
  input  logic [D*32-1:0]               row_out_i,
  // The beat, to be pushed into the FIFO in this cycle
  output logic                          push_o,
  output logic [BUS_BYTES*8-1:0]        data_o,
  // Counters
  output tessera_port_pkg::row_marks_t  marks_o
);
  localparam int unsigned Dividers = BUS_BYTES / 2;
  localparam int unsigned Words = BUS_BYTES / 4;
  localparam int unsigned BusBits = BUS_BYTES * 8;
  localparam int unsigned Delay = tessera_pkg::DivideCycles;
  localparam logic [31:0] One = 32'h3f80_0000;

  // Row out of the bank
  tessera_port_pkg::store_beat_t beat1_q;
  logic empty, divided1, row_begins;
  assign empty = row_i.m == tessera_pkg::Empty;
  assign divided1 = !beat1_q.fence && !beat1_q.state;
  assign row_begins = beat1_q.valid && divided1 && beat1_q.beat == '0;
  assign marks_o.empty = row_begins && empty;
  assign marks_o.nan = row_begins && row_i.flags[tessera_pkg::RowNan];
  assign marks_o.saturated = row_begins && row_i.flags[tessera_pkg::RowSaturated];
  assign marks_o.div0 = row_begins && beat1_q.normalise && !empty && row_i.l[30:23] == '0;

  // Beat selected. Columns from d_v on are padding: zeros.
  logic valid2_q, divided2_q, bf16_2_q;
  logic [Dividers-1:0] element2_d, element2_q;
  logic [Dividers*32-1:0] o2_d, o2_q;
  logic [31:0] divisor2_q;
  logic [BusBits-1:0] raw2_d, raw2_q;
  logic [15:0] first_column;
  always_comb begin
    first_column = 16'(beat1_q.beat) * 16'(beat1_q.bf16 ? Dividers : Words);
    if (beat1_q.state) first_column = first_column - 16'(Words);
    element2_d = '0;
    o2_d = '0;
    for (int unsigned e = 0; e < Dividers; e++) begin
      if ((beat1_q.bf16 || e < Words) && first_column + 16'(e) < beat1_q.d_v) begin
        element2_d[e] = 1'b1;
        if (!empty || beat1_q.state) o2_d[e*32+:32] = row_out_i[(32'(first_column)+e)*32+:32];
      end
    end
    raw2_d = o2_d[BusBits-1:0];
    if (beat1_q.state && beat1_q.beat == '0) begin
      raw2_d = '0;
      raw2_d[63:0] = {row_i.flags, row_i.m, row_i.l};
    end
    if (beat1_q.fence) begin
      raw2_d = '0;
      raw2_d[63:0] = beat1_q.record;
    end
  end

  always_ff @(posedge clk_i) begin
    if (beat_i.valid) beat1_q <= beat_i;
    beat1_q.valid <= beat_i.valid && rst_ni && !clear_i;
    valid2_q <= beat1_q.valid && rst_ni && !clear_i;
    if (beat1_q.valid) begin
      divided2_q <= divided1;
      bf16_2_q <= beat1_q.bf16;
      element2_q <= divided1 ? element2_d : '0;
      o2_q <= o2_d;
      divisor2_q <= beat1_q.normalise && !empty ? row_i.l : One;
      raw2_q <= raw2_d;
    end
  end

  // Dividers, and beside them a delay line of the same length
  logic [Dividers*32-1:0] quotient;
  for (genvar e = 0; e < Dividers; e++) begin : g_divider
    logic unused_valid;
    tessera_fp_div u_div (
      .clk_i, .rst_ni,
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
