// SPDX-License-Identifier: MIT
// Reads state rows a beat a cycle, follows the merge row by row, and presents a write burst when
// all of it is in the store FIFO. Also writes the completion record of a FENCE. One command reads at a
// time; a store retires with its last response. One that has started ends, error or not: the ATTEND
// whose rows it follows has all its tickets.
module tessera_store_engine #(
  parameter int unsigned D = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                              clk_i,
  input  logic                              rst_ni,
  input  logic                              clear_i,      // soft reset: all but bursts under way
  input  logic                              resetting_i,  // responses belong to nobody
  input  logic                              halted_i,
  // <-> issue: the head of the store queue
  input  tessera_port_pkg::store_req_t      queue_i,
  output tessera_port_pkg::queue_rsp_t      queue_o,
  // <-> state banks; rows merged of bank b in [11*b +: 11], by the last ATTEND into it
  input  logic [21:0]                       state_rows_i,
  output tessera_port_pkg::row_req_t        row_o,
  input  tessera_port_pkg::row_rsp_t        row_i,
  input  logic [D*32-1:0]                   row_out_i,
  // <-> memory port
  output tessera_port_pkg::burst_req_t      write_o,
  input  tessera_port_pkg::write_rsp_t      write_i,
  // AXI4 write data
  output logic [BUS_BYTES*8-1:0]            m_axi_wdata_o,
  output logic                              m_axi_wlast_o,
  output logic                              m_axi_wvalid_o,
  input  logic                              m_axi_wready_i,
  // Trace and tickets: pulses
  output tessera_port_pkg::event_t          start_o,
  output tessera_port_pkg::event_t          retire_o,
  output logic                              retire_fence_o,
  output logic                              retire_irq_o,  // a FENCE that interrupts
  output tessera_port_pkg::release_t        release_o,     // state bank read for the last time
  // State
  output logic [4:0]                        active_o,      // stores under way
  output tessera_port_pkg::error_t          error_o,
  output tessera_port_pkg::store_activity_t activity_o
);
  localparam int unsigned BusShift = $clog2(BUS_BYTES);
  localparam int unsigned FifoBeats = tessera_pkg::StoreFifoBytes / BUS_BYTES;

  function automatic logic [23:0] beats_of(input logic [31:0] bytes);
    beats_of = 24'((bytes + 32'(BUS_BYTES - 1)) >> BusShift);
  endfunction

  // What the head asks for
  tessera_port_pkg::transfer_t head;
  logic fence, state, bf16, one_range, bank;
  logic [15:0] rows;
  logic [23:0] row_beats, all_beats;
  assign head = queue_i.command;
  always_comb begin
    fence = head.opcode == tessera_pkg::OpFence;
    state = head.opcode == tessera_pkg::OpStoreState;
    bf16 = head.flags[tessera_pkg::FlagBf16-8];
    bank = head.state_bank[0];
    rows = fence ? 16'd1 : head.rows;
    if (fence) row_beats = 24'd1;
    else if (state) row_beats = 24'd1 + beats_of({14'b0, head.d_v, 2'b0});
    else if (bf16) row_beats = beats_of({15'b0, head.d_v, 1'b0});
    else row_beats = beats_of({14'b0, head.d_v, 2'b0});
    all_beats = 24'(row_beats * 24'(rows));
    one_range = fence || head.pitch == {8'b0, 24'(row_beats << BusShift)};
  end

  // Reading. A head that is Drained still has bursts to present.
  typedef enum logic [1:0] {
    Idle,     // the head has not started
    Reading,  // some of its beats are read
    Drained   // all of them are
  } state_e;
  state_e state_q;
  logic [15:0] row_q, row;
  logic [7:0] beat_q, beat;
  logic [9:0] in_use_q, owed_q;  // FIFO room: beats read, and presented, whose burst has not left
  logic [8:0] freed_beats;
  logic [15:0] source_row;
  logic [10:0] rows_merged;
  logic row_granted, room, start, read, read_last, row_end;
  assign row = state_q == Idle ? 16'd0 : row_q;
  assign beat = state_q == Idle ? 8'd0 : beat_q;
  assign source_row = head.first_row + row;
  assign rows_merged = bank ? state_rows_i[21:11] : state_rows_i[10:0];
  assign row_granted = fence || (queue_i.loads_granted && (queue_i.computes_granted ||
                       (queue_i.last_merging && source_row < {5'b0, rows_merged})));
  assign room = in_use_q < 10'(FifoBeats);
  assign read = queue_i.valid && state_q != Drained && !(state_q == Idle && halted_i) && room &&
                (beat != '0 || row_granted);
  assign start = read && state_q == Idle;
  assign row_end = {16'b0, beat} + 24'd1 == row_beats;
  assign read_last = read && row_end && row + 16'd1 == rows;
  assign queue_o.drop = halted_i && state_q == Idle;

  assign start_o.valid = start;
  assign start_o.number = queue_i.number;
  assign row_o.valid = read && !fence;
  assign row_o.bank = bank;
  assign row_o.row_index = source_row[9:0];
  assign release_o.valid = read_last && !fence;
  assign release_o.bank = bank;

  // Presenting
  logic [63:0] next_q, range_q, step_next, step_range;
  logic [23:0] left_q, step_left;
  logic [15:0] ranges_q, step_ranges;
  logic [9:0] available;
  logic [8:0] burst_beats;
  logic present, plan_last;
  tessera_burst_plan #(
    .BUS_BYTES(BUS_BYTES), .BOUNDARY(tessera_pkg::WriteBurstBytes)
  ) u_plan (
    .next_i(next_q),
    .range_i(range_q),
    .left_i(left_q),
    .ranges_i(ranges_q),
    .pitch_i(head.pitch),
    .range_beats_i(row_beats),
    .beats_o(burst_beats),
    .last_o(plan_last),
    .next_o(step_next),
    .range_o(step_range),
    .left_o(step_left),
    .ranges_o(step_ranges)
  );
  assign present = state_q != Idle && available >= {1'b0, burst_beats} && write_i.ready;
  assign queue_o.pop = present && plan_last;
  assign write_o.valid = present;
  assign write_o.address = next_q;
  assign write_o.beats = burst_beats;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i || queue_o.pop) state_q <= Idle;
    else if (read_last) state_q <= Drained;
    else if (read) state_q <= Reading;
    if (read) begin
      beat_q <= row_end ? '0 : beat + 8'd1;
      row_q <= row_end ? row + 16'd1 : row;
    end
    if (start) begin
      next_q <= head.address;
      range_q <= head.address;
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
  assign owed_d = owed_q + (present ? {1'b0, burst_beats} : 10'd0) - {1'b0, freed_beats};
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
  tessera_port_pkg::store_beat_t pipe_beat;
  logic push;
  logic [BUS_BYTES*8-1:0] beat_data;
  always_comb begin
    pipe_beat.valid = read;
    pipe_beat.fence = fence;
    pipe_beat.state = state;
    pipe_beat.normalise = head.flags[tessera_pkg::FlagNormalise-8];
    pipe_beat.bf16 = bf16;
    pipe_beat.d_v = head.d_v;
    pipe_beat.beat = beat;
    pipe_beat.record = {queue_i.number + 32'd1, 16'b0, head.tag};
  end
  tessera_store_pipe #(
    .D(D), .BUS_BYTES(BUS_BYTES)
  ) u_pipe (
    .clk_i, .rst_ni, .clear_i,
    .beat_i(pipe_beat),
    .row_i, .row_out_i,
    .push_o(push),
    .data_o(beat_data),
    .marks_o(activity_o.marks)
  );

  tessera_store_fifo #(
    .BUS_BYTES(BUS_BYTES)
  ) u_fifo (
    .clk_i, .rst_ni, .clear_i,
    .push_i(push),
    .data_i(beat_data),
    .available_o(available),
    .present_i(present),
    .present_beats_i(burst_beats),
    .freed_beats_o(freed_beats),
    .m_axi_wdata_o, .m_axi_wlast_o, .m_axi_wvalid_o, .m_axi_wready_i
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
  assign response = write_i.done && !resetting_i;
  assign store_done = response && b_last;
  assign retire_o.valid = store_done && !failed_q && !write_i.error;
  assign retire_o.number = b_number;
  assign retire_fence_o = retire_o.valid && b_fence;
  assign retire_irq_o = retire_o.valid && b_irq;
  assign error_o.valid = response && write_i.error;
  assign error_o.code = tessera_pkg::ErrWriteBus;
  assign error_o.tag = b_tag;
  assign active_o = active_q;

  assign activity_o.busy = start || active_q != '0;
  assign activity_o.waiting = queue_i.valid;
  assign activity_o.burst = present;
  assign activity_o.kind = fence ? tessera_port_pkg::StoreRecord :
                           state ? tessera_port_pkg::StoreState : tessera_port_pkg::StoreO;
  assign activity_o.beats = burst_beats;
  assign activity_o.state_row_read = read && !fence && beat == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      burst_write_q <= '0;
      burst_read_q <= '0;
    end else begin
      if (present) burst_write_q <= burst_write_q + 4'd1;
      if (write_i.done) burst_read_q <= burst_read_q + 4'd1;
    end
    if (!rst_ni || clear_i) begin
      failed_q <= 1'b0;
      active_q <= '0;
    end else begin
      if (response) failed_q <= (failed_q || write_i.error) && !b_last;
      active_q <= active_q + 5'(start) - 5'(store_done);
    end
    if (present) begin
      burst_q[burst_write_q] <= {plan_last, fence, head.flags[tessera_pkg::FlagInterrupt-8],
                                 head.tag, queue_i.number};
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) present |-> queue_i.valid);
  assert property (@(posedge clk_i) disable iff (!rst_ni) read |-> in_use_q < 10'(FifoBeats));
`endif
endmodule
