// SPDX-License-Identifier: MIT
// Records of lane groups between two steps of the compute engine, in order. What is pushed is seen
// from the next cycle on. There is no full flag: the caller knows that it never overflows.
module tessera_lane_group_fifo #(
  parameter int unsigned WIDTH = 1,
  parameter int unsigned DEPTH = 2
) (
  input  logic             clk_i,
  input  logic             clear_i,
  input  logic             push_i,
  input  logic [WIDTH-1:0] data_i,
  output logic             valid_o,
  output logic [WIDTH-1:0] head_o,
  input  logic             pop_i
);
  localparam int unsigned Bits = $clog2(DEPTH);  // DEPTH >= 2

  logic [WIDTH-1:0] entry_q [1 << Bits];
  logic [Bits:0]    read_q, write_q;  // one bit more than an index: equal means empty

  assign valid_o = read_q != write_q;
  assign head_o = entry_q[read_q[Bits-1:0]];

  always_ff @(posedge clk_i) begin
    if (push_i) entry_q[write_q[Bits-1:0]] <= data_i;
    if (clear_i) begin
      read_q <= '0;
      write_q <= '0;
    end else begin
      if (push_i) write_q <= write_q + 1'b1;
      if (pop_i) read_q <= read_q + 1'b1;
    end
  end

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (!clear_i) begin
      assert (!(pop_i && !valid_o)) else $error("pop of an empty FIFO");
      assert (!(push_i && (write_q == {~read_q[Bits], read_q[Bits-1:0]})))
      else $error("push into a full FIFO");
    end
`endif
endmodule
