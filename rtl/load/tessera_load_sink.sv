// SPDX-License-Identifier: MIT
// Data half of the load engine. Beats arrive in the order of the addresses, so each belongs to the
// oldest load that is not over. Index beats go to the index buffer, row beats to a bank, in the
// cycle after they were on the bus; a load retires with its last write. One index list at a time is
// enough: the next one arrives behind the rows of this one.
module tessera_load_sink #(
  parameter int unsigned M = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clear_i,
  // A load starts
  input  logic                   start_i,
  input  logic [31:0]            number_i,
  input  logic [15:0]            tag_i,
  input  logic [2:0]             bank_i,
  input  logic                   gather_i,
  input  logic [15:0]            first_row_i,
  input  logic [15:0]            rows_i,
  input  logic [7:0]             row_beats_i,
  input  logic [8:0]             index_beats_i,
  input  logic [31:0]            position_i,
  input  logic [31:0]            index_limit_i,
  // Read data of the cycle before
  input  logic                   beat_i,
  input  logic                   beat_error_i,
  input  logic [BUS_BYTES*8-1:0] beat_data_i,
  // Index list
  input  logic [9:0]             index_row_i,
  output logic [31:0]            index_o,
  output logic                   list_ready_o,   // pulse: last index written, all good
  output logic                   list_failed_o,  // register
  // Bank write
  output logic                   write_o,
  output logic [1:0]             write_kind_o,
  output logic                   write_bank_o,
  output logic [9:0]             write_row_o,
  output logic [7:0]             write_beat_o,
  output logic                   write_row_last_o,
  output logic [31:0]            write_position_o,
  // A load is over
  output logic                   retire_o,
  output logic [31:0]            retire_number_o,
  output logic [2:0]             retire_bank_o,
  output logic [6:0]             active_o,
  output logic                   error_o,
  output tessera_pkg::error_e    error_code_o,
  output logic [15:0]            error_tag_o
);
  localparam int unsigned Words = BUS_BYTES / 4;
  localparam int unsigned ListBeats = (M + Words - 1) / Words;
  localparam int unsigned BusBits = BUS_BYTES * 8;
  localparam int unsigned WordShift = $clog2(Words);
  localparam int unsigned Depth = 64;  // started loads have at least one burst outstanding
  localparam int unsigned EntryBits = 32 + 16 + 3 + 1 + 16 + 16 + 8 + 9 + 32 + 32;

  // Loads under way
  logic [EntryBits-1:0] load_q[Depth];
  logic [5:0] write_ptr_q, read_ptr_q;
  logic [6:0] active_q;
  logic [31:0] number, position, index_limit;
  logic [15:0] tag, first_row, rows;
  logic [2:0] bank;
  logic gather;
  logic [7:0] row_beats;
  logic [8:0] index_beats;
  assign {number, tag, bank, gather, first_row, rows, row_beats, index_beats, position,
          index_limit} = load_q[read_ptr_q];

  // Where the oldest load stands
  logic in_rows_q;               // gather: the list is complete
  logic [8:0] index_beat_q;
  logic [15:0] row_q;
  logic [7:0] beat_q;
  logic failed_q, list_failed_q;

  // Index list
  logic [BusBits-1:0] list_q[ListBeats];
  logic in_list, over_limit, list_last;
  assign in_list = gather && !in_rows_q;
  assign list_last = index_beat_q + 9'd1 == index_beats;
  always_comb begin
    over_limit = 1'b0;
    for (int unsigned i = 0; i < Words; i++) begin
      if ((16'(index_beat_q) << WordShift) + 16'(i) < rows &&
          beat_data_i[i*32+:32] >= index_limit) over_limit = 1'b1;
    end
  end

  logic [BusBits-1:0] list_beat, row_list_beat;
  logic [31:0] row_index;
  localparam int unsigned ListBits = ListBeats > 1 ? $clog2(ListBeats) : 1;
  assign list_beat = list_q[ListBits'(index_row_i >> WordShift)];
  assign index_o = list_beat[32'(index_row_i[WordShift-1:0])*32+:32];
  assign row_list_beat = list_q[ListBits'(row_q >> WordShift)];
  assign row_index = row_list_beat[32'(row_q[WordShift-1:0])*32+:32];

  logic failed, row_last, over;
  assign error_o = beat_i && (beat_error_i || (in_list && over_limit && !failed_q));
  assign error_code_o = beat_error_i ? tessera_pkg::ErrReadBus : tessera_pkg::ErrIndexOverLimit;
  assign error_tag_o = tag;
  assign failed = failed_q || error_o;
  assign row_last = beat_q + 8'd1 == row_beats;
  assign over = beat_i && (in_list ? list_last && failed
                                   : row_last && row_q + 16'd1 == rows);

  assign list_ready_o = beat_i && in_list && list_last && !failed;
  assign list_failed_o = list_failed_q;
  assign write_o = beat_i && !in_list;
  assign write_kind_o = bank[2:1];
  assign write_bank_o = bank[0];
  assign write_row_o = 10'(first_row + row_q);
  assign write_beat_o = beat_q;
  assign write_row_last_o = row_last;
  assign write_position_o = gather ? row_index : position + 32'(row_q);
  assign retire_o = over && !failed;
  assign retire_number_o = number;
  assign retire_bank_o = bank;
  assign active_o = active_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      write_ptr_q <= '0;
      read_ptr_q <= '0;
      active_q <= '0;
      in_rows_q <= 1'b0;
      index_beat_q <= '0;
      row_q <= '0;
      beat_q <= '0;
      failed_q <= 1'b0;
      list_failed_q <= 1'b0;
    end else begin
      active_q <= active_q + 7'(start_i) - 7'(over);
      if (start_i) write_ptr_q <= write_ptr_q + 6'd1;
      if (over) begin
        read_ptr_q <= read_ptr_q + 6'd1;
        in_rows_q <= 1'b0;
        index_beat_q <= '0;
        row_q <= '0;
        beat_q <= '0;
        failed_q <= 1'b0;
        if (in_list) list_failed_q <= 1'b1;
      end else if (beat_i) begin
        failed_q <= failed;
        if (in_list) begin
          index_beat_q <= index_beat_q + 9'd1;
          in_rows_q <= list_last;
        end else begin
          beat_q <= row_last ? '0 : beat_q + 8'd1;
          if (row_last) row_q <= row_q + 16'd1;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) begin
      load_q[write_ptr_q] <= {number_i, tag_i, bank_i, gather_i, first_row_i, rows_i, row_beats_i,
                              index_beats_i, position_i, index_limit_i};
    end
    if (beat_i && in_list) list_q[ListBits'(index_beat_q)] <= beat_data_i;
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) beat_i |-> active_q != '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) start_i |-> active_q != 7'(Depth));
`endif
endmodule
