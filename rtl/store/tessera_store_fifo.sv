// SPDX-License-Identifier: MIT
// The store FIFO: beats wait until a whole burst is complete and presented, then leave on the write
// data channel. `available` counts beats not presented. A burst gives its room back when its last
// beat leaves, visible from the next cycle on. Clear drops what is not presented; the rest leaves.
module tessera_store_fifo #(
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clear_i,
  // <- pipe
  input  logic                   push_i,
  input  logic [BUS_BYTES*8-1:0] data_i,
  output logic [9:0]             available_o,
  // A burst is presented: its beats may leave
  input  logic                   present_i,
  input  logic [8:0]             present_beats_i,
  output logic [8:0]             freed_beats_o,   // room given back in this cycle
  // AXI4 write data
  output logic [BUS_BYTES*8-1:0] m_axi_wdata_o,
  output logic                   m_axi_wlast_o,
  output logic                   m_axi_wvalid_o,
  input  logic                   m_axi_wready_i
);
  localparam int unsigned Depth = tessera_pkg::StoreFifoBytes / BUS_BYTES;
  localparam int unsigned PtrBits = $clog2(Depth);
  localparam int unsigned Bursts = tessera_pkg::WriteOutstanding;

  logic [BUS_BYTES*8-1:0] beat_q[Depth] /*verilator public_flat_rd*/;
  logic [PtrBits-1:0] write_q, present_q /*verilator public_flat_rd*/, read_q;
  logic [9:0] available_q;

  // Presented bursts whose data has not left
  logic [8:0] burst_q[Bursts];
  logic [3:0] burst_write_q, burst_read_q;
  logic [4:0] bursts_q;
  logic [8:0] sent_q;
  logic beat_leaves, burst_leaves;

  assign available_o = available_q;
  assign m_axi_wvalid_o = bursts_q != '0;
  assign m_axi_wdata_o = beat_q[read_q];
  assign m_axi_wlast_o = sent_q + 9'd1 == burst_q[burst_read_q];
  assign beat_leaves = m_axi_wvalid_o && m_axi_wready_i;
  assign burst_leaves = beat_leaves && m_axi_wlast_o;
  assign freed_beats_o = burst_leaves ? burst_q[burst_read_q] : '0;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_q <= '0;
      available_q <= '0;
    end else if (clear_i) begin
      write_q <= present_i ? present_q + PtrBits'(present_beats_i) : present_q;
      available_q <= '0;
    end else begin
      if (push_i) write_q <= write_q + 1'b1;
      available_q <= available_q + 10'(push_i) - (present_i ? {1'b0, present_beats_i} : 10'd0);
    end
    if (!rst_ni) begin
      present_q <= '0;
      read_q <= '0;
      burst_write_q <= '0;
      burst_read_q <= '0;
      bursts_q <= '0;
      sent_q <= '0;
    end else begin
      if (present_i) begin
        present_q <= present_q + PtrBits'(present_beats_i);
        burst_write_q <= burst_write_q + 4'd1;
      end
      if (beat_leaves) begin
        read_q <= read_q + 1'b1;
        sent_q <= m_axi_wlast_o ? '0 : sent_q + 9'd1;
      end
      if (burst_leaves) burst_read_q <= burst_read_q + 4'd1;
      bursts_q <= bursts_q + 5'(present_i) - 5'(burst_leaves);
    end
  end

  always_ff @(posedge clk_i) begin
    if (push_i) beat_q[write_q] <= data_i;
    if (present_i) burst_q[burst_write_q] <= present_beats_i;
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) push_i |-> available_q < 10'(Depth));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   present_i |-> {1'b0, present_beats_i} <= available_q && bursts_q < 5'(Bursts));
`endif
endmodule
