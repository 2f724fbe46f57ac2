// SPDX-License-Identifier: MIT
// Fills banks from memory, address half: takes the head of its queue when its bank is free and
// presents its bursts, one a cycle, from the cycle it starts on. A gather presents its index list,
// waits until the list is written, then presents row by row. The data half is tessera_load_sink.
module tessera_load_engine #(
  parameter int unsigned M = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                             clk_i,
  input  logic                             rst_ni,
  input  logic                             clear_i,
  input  logic                             halted_i,
  // <-> issue: the head of the load queue
  input  tessera_port_pkg::load_req_t      queue_i,
  output tessera_port_pkg::queue_rsp_t     queue_o,
  // <-> memory port
  output tessera_port_pkg::burst_req_t     read_o,
  input  tessera_port_pkg::read_rsp_t      read_i,
  input  logic [BUS_BYTES*8-1:0]           beat_data_i,
  // -> banks; the beat itself is beat_data_i
  output tessera_port_pkg::bank_write_t    bank_write_o,
  // Trace and tickets: pulses
  output tessera_port_pkg::event_t         start_o,
  output tessera_port_pkg::event_t         retire_o,
  output tessera_port_pkg::load_release_t  release_o,
  // State
  output logic [6:0]                       active_o,      // loads under way
  output tessera_port_pkg::error_t         error_o,
  output tessera_port_pkg::load_activity_t activity_o
);
  localparam int unsigned BusShift = $clog2(BUS_BYTES);

  function automatic logic [23:0] beats_of(input logic [31:0] bytes);
    beats_of = 24'((bytes + 32'(BUS_BYTES - 1)) >> BusShift);
  endfunction

  // What the head asks for
  tessera_port_pkg::transfer_t head;
  logic gather;
  logic [23:0] row_beats, index_beats, all_beats;
  assign head = queue_i.command;
  always_comb begin
    gather = head.flags[tessera_pkg::FlagGather-8];
    unique case (queue_i.id.kind)
      tessera_port_pkg::KindQ, tessera_port_pkg::KindK:
        row_beats = beats_of({15'b0, head.d_k, 1'b0});
      tessera_port_pkg::KindV: row_beats = beats_of({15'b0, head.d_v, 1'b0});
      default: row_beats = 24'd1 + beats_of({14'b0, head.d_v, 2'b0});
    endcase
    index_beats = beats_of({14'b0, head.rows, 2'b0});
    all_beats = 24'(row_beats * 24'(head.rows));
  end

  // Where the head stands. A gather goes from List to Await and then between NextRow and MidRow.
  // Any other load stays in Ranges.
  typedef enum logic [2:0] {
    Idle,     // the head has not started
    Ranges,   // the plan holds the rest of its rows
    List,     // the plan holds the rest of its index list
    Await,    // the list is presented, but not all written
    NextRow,  // the next row begins
    MidRow    // the plan holds the rest of a row
  } state_e;
  state_e state_q, state_d;
  logic [15:0] next_row_q, next_row_d;
  logic [63:0] next_q, range_q, plan_next, plan_range, step_next, step_range;
  logic [23:0] left_q, plan_left, step_left;
  logic [15:0] ranges_q, plan_ranges, step_ranges;
  logic list_ready, list_failed;
  logic [31:0] row_index;
  logic one_range, plan_last, last_address;
  logic [8:0] burst_beats;

  logic abandoned, start, read;
  assign abandoned = state_q == Await && list_failed;  // a bad list: its rows are never fetched
  assign start = queue_i.valid && state_q == Idle && !halted_i && queue_i.granted && read_i.ready;
  assign read = start || (state_q != Idle && state_q != Await && read_i.ready);

  always_comb begin
    one_range = head.pitch == {8'b0, 24'(row_beats << BusShift)};
    plan_next = next_q;
    plan_range = range_q;
    plan_left = left_q;
    plan_ranges = ranges_q;
    if (state_q == Idle) begin
      plan_next = gather ? head.index_address : head.address;
      plan_range = plan_next;
      plan_left = gather ? index_beats : one_range ? all_beats : row_beats;
      plan_ranges = gather || one_range ? 16'd1 : head.rows;
    end else if (state_q == NextRow) begin
      plan_next = head.address + 64'(row_index) * 64'(head.pitch);
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
    .pitch_i(head.pitch),
    .range_beats_i(row_beats),
    .beats_o(burst_beats),
    .last_o(plan_last),
    .next_o(step_next),
    .range_o(step_range),
    .left_o(step_left),
    .ranges_o(step_ranges)
  );

  assign last_address = plan_last && (!gather || ((state_q == NextRow || state_q == MidRow) &&
                                                  next_row_q + 16'd1 == head.rows));
  assign read_o.valid = read;
  assign read_o.address = plan_next;
  assign read_o.beats = burst_beats;
  assign queue_o.pop = read && last_address;
  assign queue_o.drop = halted_i && (state_q == Idle || abandoned);

  always_comb begin
    state_d = state_q;
    next_row_d = next_row_q;
    unique case (state_q)
      Idle, Ranges, List: begin
        if (read) begin
          if (!gather) state_d = last_address ? Idle : Ranges;
          else state_d = plan_last ? Await : List;
          next_row_d = '0;
        end
      end
      Await: begin
        if (list_ready) state_d = NextRow;
        if (abandoned) state_d = Idle;
      end
      default: begin
        if (read) begin
          state_d = last_address ? Idle : plan_last ? NextRow : MidRow;
          if (plan_last) next_row_d = next_row_q + 16'd1;
        end
      end
    endcase
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) state_q <= Idle;
    else state_q <= state_d;
    next_row_q <= next_row_d;
    if (read) begin
      next_q <= step_next;
      range_q <= step_range;
      left_q <= step_left;
      ranges_q <= step_ranges;
    end
  end

  tessera_port_pkg::started_load_t started;
  always_comb begin
    started.number = queue_i.number;
    started.tag = head.tag;
    started.id = queue_i.id;
    started.gather = gather;
    started.first_row = head.first_row;
    started.rows = head.rows;
    started.row_beats = 8'(row_beats);
    started.index_beats = 9'(index_beats);
    started.position = head.position;
    started.index_limit = head.index_limit;
  end

  tessera_load_sink #(
    .M(M), .BUS_BYTES(BUS_BYTES)
  ) u_sink (
    .clk_i, .rst_ni, .clear_i,
    .start_i(start),
    .load_i(started),
    .read_i, .beat_data_i,
    .index_row_i(next_row_q[9:0]),
    .index_o(row_index),
    .list_ready_o(list_ready),
    .list_failed_o(list_failed),
    .bank_write_o, .retire_o, .release_o, .active_o, .error_o
  );

  assign start_o.valid = start;
  assign start_o.number = queue_i.number;
  assign activity_o.busy = start || active_o != '0;
  assign activity_o.waiting = queue_i.valid;
  assign activity_o.burst = read;
  assign activity_o.index_list = gather && (state_q == Idle || state_q == List);
  assign activity_o.kind = queue_i.id.kind;
  assign activity_o.beats = burst_beats;
endmodule
