// SPDX-License-Identifier: MIT
// Reads state rows a beat a cycle, follows the merge row by row, and presents a write burst when all
// of it is in the store FIFO. Also writes the completion record of a FENCE. One command reads at a
// time; a store retires with its last response. One that has started ends, error or not: the ATTEND
// whose rows it follows has all its tickets.
module tessera_store_engine #(
  parameter int unsigned D = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clear_i,      // soft reset: all but bursts under way
  input  logic                   resetting_i,  // responses belong to nobody
  input  logic                   halted_i,
  // Head of the store queue with its tickets
  input  logic                   head_valid_i,
  input  tessera_port_pkg::transfer_t head_i,
  input  logic [31:0]            head_number_i,
  input  logic                   loads_granted_i,     // all earlier loads are over
  input  logic                   computes_granted_i,  // all earlier ATTENDs are over
  input  logic                   last_merging_i,      // all but the last are
  input  logic [10:0]            rows_merged_i,       // by that last one
  output logic                   pop_o,
  output logic                   drop_o,
  // State bank
  output logic                   row_read_o,
  output logic                   row_bank_o,
  output logic [9:0]             row_o,
  input  logic [D*32-1:0]        row_o_i,
  input  logic [31:0]            row_l_i,
  input  logic [15:0]            row_m_i,
  input  logic [15:0]            row_flags_i,
  // Write address
  input  logic                   can_write_i,
  output logic                   write_o,
  output logic [63:0]            write_address_o,
  output logic [8:0]             write_beats_o,
  // AXI4 write data and response
  output logic [BUS_BYTES*8-1:0] axi_wdata_o,
  output logic                   axi_wlast_o,
  output logic                   axi_wvalid_o,
  input  logic                   axi_wready_i,
  input  logic                   axi_bvalid_i,
  input  logic                   axi_berror_i,
  // Trace and tickets: pulses
  output logic                   start_o,
  output logic [31:0]            start_number_o,
  output logic                   retire_o,
  output logic [31:0]            retire_number_o,
  output logic                   retire_fence_o,
  output logic                   retire_irq_o,     // a FENCE that interrupts
  output logic                   over_o,           // state bank read for the last time
  output logic                   over_bank_o,
  // State
  output logic [4:0]             active_o,         // stores started and not over
  output logic                   error_o,
  output logic [15:0]            error_tag_o,
  // Counters
  output logic [1:0]             burst_kind_o,     // 0 STORE_O, 1 STORE_STATE, 2 FENCE
  output logic                   state_row_read_o,
  output logic                   row_empty_o,
  output logic                   row_nan_o,
  output logic                   row_saturated_o,
  output logic                   row_div0_o
);
  localparam int unsigned BusShift = $clog2(BUS_BYTES);
  localparam int unsigned FifoBeats = tessera_pkg::StoreFifoBytes / BUS_BYTES;

  function automatic logic [23:0] beats_of(input logic [31:0] bytes);
    beats_of = 24'((bytes + 32'(BUS_BYTES - 1)) >> BusShift);
  endfunction

  // What the head asks for
  logic fence, state, bf16, one_range;
  logic [15:0] rows;
  logic [23:0] row_beats, all_beats;
  always_comb begin
    fence = head_i.opcode == tessera_pkg::OpFence;
    state = head_i.opcode == tessera_pkg::OpStoreState;
    bf16 = head_i.flags[tessera_pkg::FlagBf16-8];
    rows = fence ? 16'd1 : head_i.rows;
    if (fence) row_beats = 24'd1;
    else if (state) row_beats = 24'd1 + beats_of({14'b0, head_i.d_v, 2'b0});
    else if (bf16) row_beats = beats_of({15'b0, head_i.d_v, 1'b0});
    else row_beats = beats_of({14'b0, head_i.d_v, 2'b0});
    all_beats = 24'(row_beats * 24'(rows));
    one_range = fence || head_i.pitch == {8'b0, 24'(row_beats << BusShift)};
  end

  // Reading. `read_all`: the head's last beat has been read.
  logic reading_q, read_all_q;
  logic [15:0] row_q, row;
  logic [7:0] beat_q, beat;
  logic [9:0] in_use_q, owed_q;  // FIFO room: beats read, and presented, whose burst has not left
  logic [8:0] freed_beats;
  logic [15:0] source_row;
  logic row_granted, room, read, read_last, row_end;
  assign row = reading_q ? row_q : 16'd0;
  assign beat = reading_q ? beat_q : 8'd0;
  assign source_row = head_i.first_row + row;
  assign row_granted = fence || (loads_granted_i && (computes_granted_i ||
                       (last_merging_i && source_row < {5'b0, rows_merged_i})));
  assign room = in_use_q < 10'(FifoBeats);
  assign read = head_valid_i && (reading_q ? !read_all_q : !halted_i) && room &&
                (beat != '0 || row_granted);
  assign row_end = {16'b0, beat} + 24'd1 == row_beats;
  assign read_last = read && row_end && row + 16'd1 == rows;
  assign drop_o = halted_i && !reading_q;

  assign start_o = read && !reading_q;
  assign start_number_o = head_number_i;
  assign row_read_o = read && !fence;
  assign row_bank_o = head_i.state_bank[0];
  assign row_o = source_row[9:0];
  assign state_row_read_o = read && !fence && beat == '0;
  assign over_o = read_last && !fence;
  assign over_bank_o = head_i.state_bank[0];

  // Presenting
  logic [63:0] next_q, range_q, step_next, step_range;
  logic [23:0] left_q, step_left;
  logic [15:0] ranges_q, step_ranges;
  logic [9:0] available;
  logic present, plan_last;
  tessera_burst_plan #(
    .BUS_BYTES(BUS_BYTES), .BOUNDARY(tessera_pkg::WriteBurstBytes)
  ) u_plan (
    .next_i(next_q),
    .range_i(range_q),
    .left_i(left_q),
    .ranges_i(ranges_q),
    .pitch_i(head_i.pitch),
    .range_beats_i(row_beats),
    .beats_o(write_beats_o),
    .last_o(plan_last),
    .next_o(step_next),
    .range_o(step_range),
    .left_o(step_left),
    .ranges_o(step_ranges)
  );
  assign present = reading_q && available >= {1'b0, write_beats_o} && can_write_i;
  assign pop_o = present && plan_last;
  assign write_o = present;
  assign write_address_o = next_q;
  assign burst_kind_o = fence ? 2'd2 : state ? 2'd1 : 2'd0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      reading_q <= 1'b0;
      read_all_q <= 1'b0;
    end else begin
      reading_q <= (reading_q || read) && !pop_o;
      read_all_q <= (read_all_q || read_last) && !pop_o;
    end
    if (read) begin
      beat_q <= row_end ? '0 : beat + 8'd1;
      row_q <= row_end ? row + 16'd1 : row;
    end
    if (start_o) begin
      next_q <= head_i.address;
      range_q <= head_i.address;
      left_q <= one_range ? all_beats : row_beats;
      ranges_q <= one_range ? 16'd1 : rows;
    end else if (present) begin
      next_q <= step_next;
      range_q <= step_range;
      left_q <= step_left;
      ranges_q <= step_ranges;
    end
  end

  logic [9:0] owed_d;
  assign owed_d = owed_q + (present ? {1'b0, write_beats_o} : 10'd0) - {1'b0, freed_beats};
  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      in_use_q <= '0;
      owed_q <= '0;
    end else begin
      owed_q <= owed_d;
      in_use_q <= clear_i ? owed_d : in_use_q + 10'(read) - {1'b0, freed_beats};
    end
  end

  // Beats
  logic push;
  logic [BUS_BYTES*8-1:0] beat_data;
  tessera_store_pipe #(
    .D(D), .BUS_BYTES(BUS_BYTES)
  ) u_pipe (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(clear_i),
    .read_i(read),
    .fence_i(fence),
    .state_i(state),
    .normalise_i(head_i.flags[tessera_pkg::FlagNormalise-8]),
    .bf16_i(bf16),
    .d_v_i(head_i.d_v),
    .beat_i(beat),
    .record_i({head_number_i + 32'd1, 16'b0, head_i.tag}),
    .row_o_i(row_o_i),
    .row_l_i(row_l_i),
    .row_m_i(row_m_i),
    .row_flags_i(row_flags_i),
    .push_o(push),
    .data_o(beat_data),
    .row_empty_o(row_empty_o),
    .row_nan_o(row_nan_o),
    .row_saturated_o(row_saturated_o),
    .row_div0_o(row_div0_o)
  );

  tessera_store_fifo #(
    .BUS_BYTES(BUS_BYTES)
  ) u_fifo (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(clear_i),
    .push_i(push),
    .data_i(beat_data),
    .available_o(available),
    .present_i(present),
    .present_beats_i(write_beats_o),
    .freed_beats_o(freed_beats),
    .axi_wdata_o(axi_wdata_o),
    .axi_wlast_o(axi_wlast_o),
    .axi_wvalid_o(axi_wvalid_o),
    .axi_wready_i(axi_wready_i)
  );

  // Responses come in the order of the bursts.
  localparam int unsigned EntryBits = 1 + 1 + 1 + 16 + 32;
  logic [EntryBits-1:0] burst_q[tessera_pkg::WriteOutstanding];
  logic [3:0] burst_write_q, burst_read_q;
  logic b_last, b_fence, b_irq, failed_q, response, store_done;
  logic [15:0] b_tag;
  logic [31:0] b_number;
  logic [4:0] active_q;
  assign {b_last, b_fence, b_irq, b_tag, b_number} = burst_q[burst_read_q];
  assign response = axi_bvalid_i && !resetting_i;
  assign error_o = response && axi_berror_i;
  assign error_tag_o = b_tag;
  assign store_done = response && b_last;
  assign retire_o = store_done && !failed_q && !axi_berror_i;
  assign retire_number_o = b_number;
  assign retire_fence_o = retire_o && b_fence;
  assign retire_irq_o = retire_o && b_irq;
  assign active_o = active_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      burst_write_q <= '0;
      burst_read_q <= '0;
    end else begin
      if (present) burst_write_q <= burst_write_q + 4'd1;
      if (axi_bvalid_i) burst_read_q <= burst_read_q + 4'd1;
    end
    if (!rst_ni || clear_i) begin
      failed_q <= 1'b0;
      active_q <= '0;
    end else begin
      if (response) failed_q <= (failed_q || axi_berror_i) && !b_last;
      active_q <= active_q + 5'(start_o) - 5'(store_done);
    end
    if (present) begin
      burst_q[burst_write_q] <= {plan_last, fence, head_i.flags[tessera_pkg::FlagInterrupt-8],
                                 head_i.tag, head_number_i};
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) present |-> head_valid_i);
  assert property (@(posedge clk_i) disable iff (!rst_ni) read |-> in_use_q < 10'(FifoBeats));
`endif
endmodule
