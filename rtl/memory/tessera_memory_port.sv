// SPDX-License-Identifier: MIT
// The device's AXI4 master: at most one read and one write address a cycle, descriptors before
// loads, up to 64 read and 16 write bursts outstanding. A presented address is on the bus in the
// same cycle; one that is not taken at once is held, and nothing else is presented meanwhile. Read
// data is registered (kSinkCycles). Soft reset does not touch the counts: bursts under way end.
module tessera_memory_port #(
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                         clk_i,
  input  logic                         rst_ni,
  input  logic                         drop_i,  // soft reset: data and responses belong to nobody
  // <-> front end, and the load engine: bursts to be read
  input  tessera_port_pkg::burst_req_t front_i,
  output tessera_port_pkg::read_rsp_t  front_o,
  input  tessera_port_pkg::burst_req_t load_i,
  output tessera_port_pkg::read_rsp_t  load_o,
  output logic [BUS_BYTES*8-1:0]       beat_data_o,  // of the cycle before, for both
  // <-> store engine: bursts to be written. Data goes its own way.
  input  tessera_port_pkg::burst_req_t store_i,
  output tessera_port_pkg::write_rsp_t store_o,
  output logic                         quiet_o,      // nothing is outstanding
  // AXI4
  output logic                         m_axi_arid_o,
  output logic [63:0]                  m_axi_araddr_o,
  output logic [7:0]                   m_axi_arlen_o,
  output logic                         m_axi_arvalid_o,
  input  logic                         m_axi_arready_i,
  input  logic                         m_axi_rid_i,
  input  logic [BUS_BYTES*8-1:0]       m_axi_rdata_i,
  input  logic [1:0]                   m_axi_rresp_i,
  input  logic                         m_axi_rlast_i,
  input  logic                         m_axi_rvalid_i,
  output logic [63:0]                  m_axi_awaddr_o,
  output logic [7:0]                   m_axi_awlen_o,
  output logic                         m_axi_awvalid_o,
  input  logic                         m_axi_awready_i,
  input  logic [1:0]                   m_axi_bresp_i,
  input  logic                         m_axi_bvalid_i
);
  logic [6:0] reads_q;
  logic [4:0] writes_q;
  logic read_held_q, write_held_q, held_id_q;
  logic [63:0] held_read_address_q, held_write_address_q;
  logic [7:0] held_read_len_q, held_write_len_q;
  logic front_beat_q, load_beat_q, beat_error_q;
  logic [BUS_BYTES*8-1:0] beat_data_q;

  assign front_o.ready = !read_held_q && reads_q < 7'(tessera_pkg::ReadOutstanding);
  assign load_o.ready = !read_held_q && reads_q < 7'(tessera_pkg::LoadOutstanding) &&
                        !front_i.valid;
  assign store_o.ready = !write_held_q && writes_q < 5'(tessera_pkg::WriteOutstanding);
  assign quiet_o = reads_q == '0 && writes_q == '0;

  logic read, read_id;
  logic [63:0] read_address;
  logic [7:0] read_len, write_len;
  assign read = front_i.valid || load_i.valid;
  assign read_id = front_i.valid;
  assign read_address = front_i.valid ? front_i.address : load_i.address;
  assign read_len = 8'((front_i.valid ? front_i.beats : load_i.beats) - 9'd1);
  assign write_len = 8'(store_i.beats - 9'd1);

  assign m_axi_arvalid_o = read_held_q || read;
  assign m_axi_arid_o = read_held_q ? held_id_q : read_id;
  assign m_axi_araddr_o = read_held_q ? held_read_address_q : read_address;
  assign m_axi_arlen_o = read_held_q ? held_read_len_q : read_len;
  assign m_axi_awvalid_o = write_held_q || store_i.valid;
  assign m_axi_awaddr_o = write_held_q ? held_write_address_q : store_i.address;
  assign m_axi_awlen_o = write_held_q ? held_write_len_q : write_len;

  assign front_o.beat = front_beat_q;
  assign front_o.error = beat_error_q;
  assign load_o.beat = load_beat_q;
  assign load_o.error = beat_error_q;
  assign store_o.done = m_axi_bvalid_i;
  assign store_o.error = m_axi_bresp_i != '0;
  assign beat_data_o = beat_data_q;

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      reads_q <= '0;
      writes_q <= '0;
      read_held_q <= 1'b0;
      write_held_q <= 1'b0;
      front_beat_q <= 1'b0;
      load_beat_q <= 1'b0;
    end else begin
      reads_q <= reads_q + 7'(read) - 7'(m_axi_rvalid_i && m_axi_rlast_i);
      writes_q <= writes_q + 5'(store_i.valid) - 5'(m_axi_bvalid_i);
      read_held_q <= m_axi_arvalid_o && !m_axi_arready_i;
      write_held_q <= m_axi_awvalid_o && !m_axi_awready_i;
      front_beat_q <= m_axi_rvalid_i && m_axi_rid_i && !drop_i;
      load_beat_q <= m_axi_rvalid_i && !m_axi_rid_i && !drop_i;
    end
  end

  always_ff @(posedge clk_i) begin
    held_id_q <= m_axi_arid_o;
    held_read_address_q <= m_axi_araddr_o;
    held_read_len_q <= m_axi_arlen_o;
    held_write_address_q <= m_axi_awaddr_o;
    held_write_len_q <= m_axi_awlen_o;
    beat_error_q <= m_axi_rresp_i != '0;
    if (m_axi_rvalid_i) beat_data_q <= m_axi_rdata_i;
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) !(front_i.valid && load_i.valid));
  assert property (@(posedge clk_i) disable iff (!rst_ni) read |-> !read_held_q);
  assert property (@(posedge clk_i) disable iff (!rst_ni) store_i.valid |-> store_o.ready);
  assert property (@(posedge clk_i) disable iff (!rst_ni) m_axi_rvalid_i |-> reads_q != '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) m_axi_bvalid_i |-> writes_q != '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   m_axi_arvalid_o && !m_axi_arready_i |=>
                   m_axi_arvalid_o && $stable(m_axi_araddr_o) && $stable(m_axi_arlen_o) &&
                   $stable(m_axi_arid_o));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   m_axi_awvalid_o && !m_axi_awready_i |=>
                   m_axi_awvalid_o && $stable(m_axi_awaddr_o) && $stable(m_axi_awlen_o));
`endif
endmodule
