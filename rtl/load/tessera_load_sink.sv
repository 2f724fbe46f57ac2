// SPDX-License-Identifier: MIT
// Data half of the load engine. Beats arrive in the order of the addresses, so each belongs to the
// oldest load under way. Index beats go to the index buffer, row beats to a bank, in the
// cycle after they were on the bus; a load retires with its last write. One index list at a time is
// enough: the next one arrives behind the rows of this one.
module tessera_load_sink #(
  parameter int unsigned M = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                            clk_i,
  input  logic                            rst_ni,
  input  logic                            clear_i,
  // <- address half: a load starts
  input  logic                            start_i,
  input  tessera_port_pkg::started_load_t load_i,
  // <- memory port
  input  tessera_port_pkg::read_rsp_t     read_i,
  input  logic [BUS_BYTES*8-1:0]          beat_data_i,
  // <-> address half: the index list
  input  logic [9:0]                      index_row_i,
  output logic [31:0]                     index_o,
  output logic                            list_ready_o,   // pulse: last index written, all good
  output logic                            list_failed_o,  // register
  // -> banks
  output tessera_port_pkg::bank_write_t   bank_write_o,
  // A load ends
  output tessera_port_pkg::event_t        retire_o,
  output tessera_port_pkg::load_release_t release_o,
  output logic [6:0]                      active_o,
  output tessera_port_pkg::error_t        error_o
);
  localparam int unsigned Words = BUS_BYTES / 4;
  localparam int unsigned ListBeats = (M + Words - 1) / Words;
  localparam int unsigned BusBits = BUS_BYTES * 8;
  localparam int unsigned WordShift = $clog2(Words);
  localparam int unsigned Depth = 64;  // started loads have at least one burst outstanding

  // Loads under way, and the oldest of them
  logic [tessera_port_pkg::StartedLoadBits-1:0] load_q[Depth];
  logic [5:0] write_ptr_q, read_ptr_q;
  logic [6:0] active_q;
  tessera_port_pkg::started_load_t load;
  assign load = load_q[read_ptr_q];

  // Where it stands
  typedef enum logic {
    Begun,  // a gather reads its list, any other load its rows
    Listed  // a gather whose list is complete reads its rows
  } state_e;
  state_e state_q;
  logic [8:0] index_beat_q;
  logic [15:0] row_q;
  logic [7:0] beat_q;
  logic failed_q, list_failed_q;

  // Index list
  logic [BusBits-1:0] list_q[ListBeats];
  logic in_list, over_limit, list_last;
  assign in_list = load.gather && state_q == Begun;
  assign list_last = index_beat_q + 9'd1 == load.index_beats;
  always_comb begin
    over_limit = 1'b0;
    for (int unsigned i = 0; i < Words; i++) begin
      if ((16'(index_beat_q) << WordShift) + 16'(i) < load.rows &&
          beat_data_i[i*32+:32] >= load.index_limit) over_limit = 1'b1;
    end
  end

  logic [BusBits-1:0] list_beat, row_list_beat;
  logic [31:0] row_index;
  localparam int unsigned ListBits = ListBeats > 1 ? $clog2(ListBeats) : 1;
  assign list_beat = list_q[ListBits'(index_row_i >> WordShift)];
  assign index_o = list_beat[32'(index_row_i[WordShift-1:0])*32+:32];
  assign row_list_beat = list_q[ListBits'(row_q >> WordShift)];
  assign row_index = row_list_beat[32'(row_q[WordShift-1:0])*32+:32];

  logic failed, error, row_last, ends;
  assign error = read_i.beat && (read_i.error || (in_list && over_limit && !failed_q));
  assign failed = failed_q || error;
  assign row_last = beat_q + 8'd1 == load.row_beats;
  assign ends = read_i.beat && (in_list ? list_last && failed
                                        : row_last && row_q + 16'd1 == load.rows);
  assign error_o.valid = error;
  assign error_o.code = read_i.error ? tessera_pkg::ErrReadBus : tessera_pkg::ErrIndexOverLimit;
  assign error_o.tag = load.tag;

  assign list_ready_o = read_i.beat && in_list && list_last && !failed;
  assign list_failed_o = list_failed_q;
  assign bank_write_o.valid = read_i.beat && !in_list;
  assign bank_write_o.id = load.id;
  assign bank_write_o.row = 10'(load.first_row + row_q);
  assign bank_write_o.beat = beat_q;
  assign bank_write_o.row_last = row_last;
  assign bank_write_o.position = load.gather ? row_index : load.position + 32'(row_q);
  assign retire_o.valid = ends && !failed;
  assign retire_o.number = load.number;
  assign release_o.valid = ends && !failed;
  assign release_o.id = load.id;
  assign active_o = active_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      write_ptr_q <= '0;
      read_ptr_q <= '0;
      active_q <= '0;
      state_q <= Begun;
      index_beat_q <= '0;
      row_q <= '0;
      beat_q <= '0;
      failed_q <= 1'b0;
      list_failed_q <= 1'b0;
    end else begin
      active_q <= active_q + 7'(start_i) - 7'(ends);
      if (start_i) write_ptr_q <= write_ptr_q + 6'd1;
      if (ends) begin
        read_ptr_q <= read_ptr_q + 6'd1;
        state_q <= Begun;
        index_beat_q <= '0;
        row_q <= '0;
        beat_q <= '0;
        failed_q <= 1'b0;
        if (in_list) list_failed_q <= 1'b1;
      end else if (read_i.beat) begin
        failed_q <= failed;
        if (in_list) begin
          index_beat_q <= index_beat_q + 9'd1;
          if (list_last) state_q <= Listed;
        end else begin
          beat_q <= row_last ? '0 : beat_q + 8'd1;
          if (row_last) row_q <= row_q + 16'd1;
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (start_i) load_q[write_ptr_q] <= load_i;
    if (read_i.beat && in_list) list_q[ListBits'(index_beat_q)] <= beat_data_i;
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) read_i.beat |-> active_q != '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) start_i |-> active_q != 7'(Depth));
`endif
endmodule
