// SPDX-License-Identifier: MIT
// Fills banks from memory, address half: takes the head of its queue when its bank is free and
// presents its bursts, one a cycle, from the cycle it starts on. A gather presents its index list,
// waits until the list is written, then presents row by row. The data half is tessera_load_sink.
module tessera_load_engine #(
  parameter int unsigned M = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clear_i,
  input  logic                   halted_i,
  // Head of the load queue, with its bank and whether its tickets are granted
  input  logic                   head_valid_i,
  input  tessera_port_pkg::transfer_t head_i,
  input  logic [31:0]            head_number_i,
  input  logic                   head_granted_i,
  output logic                   pop_o,
  output logic                   drop_o,
  // Read address
  input  logic                   can_read_i,
  input  logic                   front_reads_i,  // the front end goes first
  output logic                   read_o,
  output logic [63:0]            read_address_o,
  output logic [8:0]             read_beats_o,
  // Read data of the cycle before
  input  logic                   beat_i,
  input  logic                   beat_error_i,
  input  logic [BUS_BYTES*8-1:0] beat_data_i,
  // Bank write: one beat of one row. Kind 0 Q, 1 K, 2 V, 3 state.
  output logic                   write_o,
  output logic [1:0]             write_kind_o,
  output logic                   write_bank_o,
  output logic [9:0]             write_row_o,
  output logic [7:0]             write_beat_o,
  output logic                   write_row_last_o,
  output logic [31:0]            write_position_o,
  // Trace and tickets: pulses
  output logic                   start_o,
  output logic [31:0]            start_number_o,
  output logic                   retire_o,
  output logic [31:0]            retire_number_o,
  output logic [2:0]             retire_bank_o,
  // State
  output logic [6:0]             active_o,       // loads started and not over
  output logic                   error_o,
  output tessera_pkg::error_e    error_code_o,
  output logic [15:0]            error_tag_o,
  // Counters: the burst that is presented
  output logic                   index_burst_o,
  output logic [1:0]             burst_kind_o
);
  localparam int unsigned BusShift = $clog2(BUS_BYTES);

  function automatic logic [23:0] beats_of(input logic [31:0] bytes);
    beats_of = 24'((bytes + 32'(BUS_BYTES - 1)) >> BusShift);
  endfunction

  // What the head asks for
  logic gather;
  logic [1:0] kind;
  logic [23:0] row_beats, index_beats, all_beats;
  logic [2:0] head_bank;
  always_comb begin
    gather = head_i.flags[tessera_pkg::FlagGather-8];
    kind = 2'(head_i.opcode - tessera_pkg::OpLoadQ);
    unique case (kind)
      2'd0: head_bank = {2'd0, head_i.q_bank[0]};
      2'd1: head_bank = {2'd1, head_i.k_bank[0]};
      2'd2: head_bank = {2'd2, head_i.v_bank[0]};
      default: head_bank = {2'd3, head_i.state_bank[0]};
    endcase
    unique case (kind)
      2'd0, 2'd1: row_beats = beats_of({15'b0, head_i.d_k, 1'b0});
      2'd2: row_beats = beats_of({15'b0, head_i.d_v, 1'b0});
      default: row_beats = 24'd1 + beats_of({14'b0, head_i.d_v, 2'b0});
    endcase
    index_beats = beats_of({14'b0, head_i.rows, 2'b0});
    all_beats = 24'(row_beats * 24'(head_i.rows));
  end

  // Presenting: the head has started. In the row phase of a gather, `mid_row` says that the plan
  // holds the rest of a row; otherwise the next row begins.
  logic presenting_q, presenting_d, rows_phase_q, rows_phase_d, mid_row_q, mid_row_d;
  logic [15:0] next_row_q, next_row_d;
  logic [63:0] next_q, range_q, plan_next, plan_range, step_next, step_range;
  logic [23:0] left_q, plan_left, plan_range_beats, step_left;
  logic [15:0] ranges_q, plan_ranges, step_ranges;
  logic [31:0] plan_pitch;
  logic list_ready_q, list_ready, list_failed;
  logic [31:0] row_index;
  logic one_range, plan_last, last_address;

  // The index of the next row, from the list in the sink
  logic abandoned, presenting, may_read, start, read;
  assign abandoned = rows_phase_q && list_failed;  // a bad list: its rows are never fetched
  assign presenting = presenting_q && !abandoned;
  assign may_read = can_read_i && !front_reads_i;
  assign start = head_valid_i && !presenting_q && !halted_i && head_granted_i && may_read;
  assign read = start || (presenting && may_read && (!rows_phase_q || list_ready_q));
  assign drop_o = halted_i && !presenting;

  always_comb begin
    one_range = head_i.pitch == {8'b0, 24'(row_beats << BusShift)};
    plan_next = next_q;
    plan_range = range_q;
    plan_left = left_q;
    plan_ranges = ranges_q;
    plan_pitch = head_i.pitch;
    plan_range_beats = row_beats;
    if (!presenting_q) begin
      plan_next = gather ? head_i.index_address : head_i.address;
      plan_range = plan_next;
      plan_left = gather ? index_beats : one_range ? all_beats : row_beats;
      plan_ranges = gather || one_range ? 16'd1 : head_i.rows;
    end else if (rows_phase_q && !mid_row_q) begin
      plan_next = head_i.address + 64'(row_index) * 64'(head_i.pitch);
      plan_range = plan_next;
      plan_left = row_beats;
      plan_ranges = 16'd1;
    end
  end

  tessera_burst_plan #(
    .BUS_BYTES(BUS_BYTES), .BOUNDARY(tessera_pkg::ReadBurstBytes)
  ) u_plan (
    .next_i(plan_next),
    .range_i(plan_range),
    .left_i(plan_left),
    .ranges_i(plan_ranges),
    .pitch_i(plan_pitch),
    .range_beats_i(plan_range_beats),
    .beats_o(read_beats_o),
    .last_o(plan_last),
    .next_o(step_next),
    .range_o(step_range),
    .left_o(step_left),
    .ranges_o(step_ranges)
  );

  assign last_address = plan_last &&
                        (!gather || (rows_phase_q && next_row_q + 16'd1 == head_i.rows));
  assign pop_o = read && last_address;
  assign read_o = read;
  assign read_address_o = plan_next;
  assign start_o = start;
  assign start_number_o = head_number_i;
  assign index_burst_o = gather && !rows_phase_q;
  assign burst_kind_o = kind;

  always_comb begin
    presenting_d = presenting;
    rows_phase_d = rows_phase_q && presenting;
    mid_row_d = mid_row_q;
    next_row_d = next_row_q;
    if (read) begin
      presenting_d = !last_address;
      if (!rows_phase_q) begin
        rows_phase_d = gather && plan_last;
        mid_row_d = 1'b0;
        next_row_d = '0;
      end else begin
        rows_phase_d = !last_address;
        mid_row_d = !plan_last;
        if (plan_last) next_row_d = next_row_q + 16'd1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      presenting_q <= 1'b0;
      rows_phase_q <= 1'b0;
      list_ready_q <= 1'b0;
    end else begin
      presenting_q <= presenting_d;
      rows_phase_q <= rows_phase_d;
      list_ready_q <= (list_ready_q && !pop_o) || list_ready;
    end
    mid_row_q <= mid_row_d;
    next_row_q <= next_row_d;
    if (read) begin
      next_q <= step_next;
      range_q <= step_range;
      left_q <= step_left;
      ranges_q <= step_ranges;
    end
  end

  tessera_load_sink #(
    .M(M), .BUS_BYTES(BUS_BYTES)
  ) u_sink (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(clear_i),
    .start_i(start),
    .number_i(head_number_i),
    .tag_i(head_i.tag),
    .bank_i(head_bank),
    .gather_i(gather),
    .first_row_i(head_i.first_row),
    .rows_i(head_i.rows),
    .row_beats_i(8'(row_beats)),
    .index_beats_i(9'(index_beats)),
    .position_i(head_i.position),
    .index_limit_i(head_i.index_limit),
    .beat_i(beat_i),
    .beat_error_i(beat_error_i),
    .beat_data_i(beat_data_i),
    .index_row_i(next_row_q[9:0]),
    .index_o(row_index),
    .list_ready_o(list_ready),
    .list_failed_o(list_failed),
    .write_o(write_o),
    .write_kind_o(write_kind_o),
    .write_bank_o(write_bank_o),
    .write_row_o(write_row_o),
    .write_beat_o(write_beat_o),
    .write_row_last_o(write_row_last_o),
    .write_position_o(write_position_o),
    .retire_o(retire_o),
    .retire_number_o(retire_number_o),
    .retire_bank_o(retire_bank_o),
    .active_o(active_o),
    .error_o(error_o),
    .error_code_o(error_code_o),
    .error_tag_o(error_tag_o)
  );
endmodule
