// SPDX-License-Identifier: MIT
// One step of the way from rows to bursts, combinational: a range of beats is cut at multiples of
// BOUNDARY bytes; when it ends, the next range begins `pitch` bytes behind the start of this one.
module tessera_burst_plan #(
  parameter int unsigned BUS_BYTES = 16,
  parameter int unsigned BOUNDARY = 4096
) (
  // What is left to present
  input  logic [63:0] next_i,         // address
  input  logic [63:0] range_i,        // start of this range
  input  logic [23:0] left_i,         // beats of this range
  input  logic [15:0] ranges_i,       // this one included
  input  logic [31:0] pitch_i,
  input  logic [23:0] range_beats_i,
  // The next burst, at next_i
  output logic [8:0]  beats_o,
  output logic        last_o,         // nothing is left after it
  // What is left after it
  output logic [63:0] next_o,
  output logic [63:0] range_o,
  output logic [23:0] left_o,
  output logic [15:0] ranges_o
);
  localparam int unsigned BusShift = $clog2(BUS_BYTES);
  localparam int unsigned Beats = BOUNDARY / BUS_BYTES;
  localparam int unsigned BeatsShift = $clog2(Beats);

  logic [BeatsShift:0] to_boundary;
  logic range_done;
  assign to_boundary = (BeatsShift + 1)'(Beats) - {1'b0, next_i[BusShift+:BeatsShift]};
  assign beats_o = left_i < 24'(to_boundary) ? 9'(left_i) : 9'(to_boundary);
  assign range_done = left_i == 24'(beats_o);
  assign last_o = range_done && ranges_i == 16'd1;

  always_comb begin
    range_o = range_i;
    ranges_o = ranges_i;
    next_o = next_i + (64'(beats_o) << BusShift);
    left_o = left_i - 24'(beats_o);
    if (range_done) begin
      range_o = range_i + 64'(pitch_i);
      next_o = range_o;
      left_o = range_beats_i;
      ranges_o = ranges_i - 16'd1;
    end
  end
endmodule
