// SPDX-License-Identifier: MIT
// In-order queue between dispatch and one engine. What is pushed or popped in a cycle is seen by
// the other side from the next one on; so a full queue that is popped takes no push in that cycle.
module tessera_command_queue #(
  parameter int unsigned WIDTH = 1
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  input  logic                         clear_i,
  // <- dispatch
  input  logic                         push_i,
  input  logic [WIDTH-1:0]             data_i,
  output logic                         full_o,
  // <-> engine
  output logic                         valid_o,
  output logic [WIDTH-1:0]             head_o,
  input  tessera_port_pkg::queue_rsp_t engine_i,
  output logic [3:0]                   size_o
);
  localparam int unsigned Depth = tessera_pkg::QueueDepth;
  localparam int unsigned PtrBits = $clog2(Depth);

  logic [WIDTH-1:0] entry_q[Depth];
  logic [PtrBits-1:0] read_q, write_q;
  logic [3:0] size_q;

  assign full_o = size_q == 4'(Depth);
  assign valid_o = size_q != '0;
  assign head_o = entry_q[read_q];
  assign size_o = size_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i || engine_i.drop) begin
      read_q <= '0;
      write_q <= '0;
      size_q <= '0;
    end else begin
      if (push_i) write_q <= write_q + 1'b1;
      if (engine_i.pop) read_q <= read_q + 1'b1;
      size_q <= size_q + 4'(push_i) - 4'(engine_i.pop);
    end
  end

  always_ff @(posedge clk_i) begin
    if (push_i) entry_q[write_q] <= data_i;
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) push_i |-> !full_o);
  assert property (@(posedge clk_i) disable iff (!rst_ni) engine_i.pop |-> valid_o);
`endif
endmodule
