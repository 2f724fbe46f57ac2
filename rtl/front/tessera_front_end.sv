// SPDX-License-Identifier: MIT
// Fetches descriptors: aligned lines of four from the ring into four line buffers, as long as the
// tail is ahead. Its reads go before all others. The head descriptor is visible from the second
// cycle after the line's last beat on. A line is free in the cycle after its last wanted descriptor
// has been dispatched.
module tessera_front_end #(
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic                          clear_i,
  // <- registers: the ring
  input  tessera_port_pkg::control_t    control_i,
  input  logic                          halted_i,
  // <-> memory port
  output tessera_port_pkg::burst_req_t  read_o,
  input  tessera_port_pkg::read_rsp_t   read_i,
  input  logic [BUS_BYTES*8-1:0]        beat_data_i,
  output tessera_port_pkg::error_t      error_o,
  // -> dispatch
  output tessera_port_pkg::descriptor_t descriptor_o,
  input  logic                          pop_i,
  output logic                          idle_o
);
  localparam int unsigned LineBits = tessera_pkg::LineBytes * 8;
  localparam int unsigned LineBeats = tessera_pkg::LineBytes / BUS_BYTES;
  localparam int unsigned BeatBits = $clog2(LineBeats) + 1;
  localparam int unsigned BusBits = BUS_BYTES * 8;

  // Lines: written at `fill`, read at `read`; `used` are fetched and not free again.
  logic [BusBits-1:0] line_q[4*LineBeats];
  logic [31:0] first_q[4];   // ring index of the first wanted descriptor
  logic [2:0] end_q[4];      // one past the last wanted one, 1 to 4
  logic [1:0] alloc_q, fill_q, read_q, offset_q;
  logic [BeatBits-1:0] fill_beat_q;
  logic [2:0] used_q, ready_q;
  logic [31:0] fetch_q;
  logic head_started_q;      // offset_q holds; else the line's first wanted descriptor is next
  logic failed_q;

  // Fetch
  logic [31:0] aligned, left, slot;
  logic [2:0] line_end;
  logic read;
  assign aligned = {fetch_q[31:2], 2'b0};
  assign left = control_i.ring_tail - aligned;
  assign line_end = left > 32'd4 ? 3'd4 : left[2:0];
  assign slot = aligned & (control_i.ring_size - 32'd1);
  assign read = control_i.enable && !halted_i && fetch_q != control_i.ring_tail &&
                used_q < 3'(tessera_pkg::FifoLines) && read_i.ready;
  assign read_o.valid = read;
  assign read_o.address = control_i.ring_base + {26'b0, slot, 6'b0};
  assign read_o.beats = 9'(LineBeats);

  // Data
  logic line_full;
  assign line_full = read_i.beat && fill_beat_q == BeatBits'(LineBeats - 1);
  assign error_o.valid = read_i.beat && read_i.error;
  assign error_o.code = tessera_pkg::ErrDescriptorBus;
  assign error_o.tag = first_q[fill_q][15:0];

  // Head
  logic [1:0] offset;
  logic line_done;
  logic [LineBits-1:0] head_line;
  always_comb begin
    head_line = '0;
    for (int unsigned i = 0; i < LineBeats; i++) begin
      head_line[i*BusBits+:BusBits] = line_q[32'(read_q)*LineBeats+i];
    end
  end
  assign offset = head_started_q ? offset_q : first_q[read_q][1:0];
  assign descriptor_o.valid = ready_q != '0;
  assign descriptor_o.words = head_line[32'(offset)*512+:512];
  assign line_done = pop_i && {1'b0, offset} + 3'd1 == end_q[read_q];
  assign idle_o = !read && used_q == '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      alloc_q <= '0;
      fill_q <= '0;
      read_q <= '0;
      offset_q <= '0;
      fill_beat_q <= '0;
      used_q <= '0;
      ready_q <= '0;
      fetch_q <= '0;
      head_started_q <= 1'b0;
      failed_q <= 1'b0;
    end else begin
      if (read) begin
        alloc_q <= alloc_q + 2'd1;
        fetch_q <= aligned + {29'b0, line_end};
      end
      if (read_i.beat) begin
        fill_beat_q <= line_full ? '0 : fill_beat_q + 1'b1;
        if (line_full) fill_q <= fill_q + 2'd1;
        if (read_i.error) failed_q <= 1'b1;
      end
      if (pop_i) begin
        offset_q <= offset + 2'd1;
        head_started_q <= !line_done;
        if (line_done) read_q <= read_q + 2'd1;
      end
      used_q <= used_q + 3'(read) - 3'(line_done);
      // A line with a bad beat never becomes ready, nor do those behind it.
      ready_q <= ready_q + 3'(line_full && !failed_q && !read_i.error) - 3'(line_done);
    end
  end

  always_ff @(posedge clk_i) begin
    if (read) begin
      first_q[alloc_q] <= fetch_q;
      end_q[alloc_q] <= line_end;
    end
    if (read_i.beat) line_q[32'(fill_q)*LineBeats+32'(fill_beat_q)] <= beat_data_i;
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) pop_i |-> ready_q != '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) read_i.beat |-> used_q != ready_q);
`endif
endmodule
