// SPDX-License-Identifier: MIT
// The device's AXI4 master: at most one read and one write address a cycle, descriptors before
// loads, up to 64 read and 16 write bursts outstanding. A presented address is on the bus in the
// same cycle; one that is not taken at once is held, and nothing else is presented meanwhile. Read
// data is registered (kSinkCycles). Soft reset does not touch the counts: bursts under way end.
module tessera_memory_port #(
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   drop_i,  // soft reset: data and responses belong to nobody
  // Read addresses
  output logic                   front_can_read_o,
  input  logic                   front_read_i,
  input  logic [63:0]            front_address_i,
  input  logic [7:0]             front_beats_i,
  output logic                   load_can_read_o,
  input  logic                   load_read_i,
  input  logic [63:0]            load_address_i,
  input  logic [8:0]             load_beats_i,
  // Read data of the cycle before
  output logic                   front_beat_o,
  output logic                   load_beat_o,
  output logic                   beat_error_o,
  output logic [BUS_BYTES*8-1:0] beat_data_o,
  // Write addresses; data and responses are the store engine's business
  output logic                   can_write_o,
  input  logic                   write_i,
  input  logic [63:0]            write_address_i,
  input  logic [8:0]             write_beats_i,
  // State
  output logic                   quiet_o,
  // AXI4
  output logic                   axi_arid_o,
  output logic [63:0]            axi_araddr_o,
  output logic [7:0]             axi_arlen_o,
  output logic                   axi_arvalid_o,
  input  logic                   axi_arready_i,
  input  logic                   axi_rid_i,
  input  logic [BUS_BYTES*8-1:0] axi_rdata_i,
  input  logic                   axi_rerror_i,
  input  logic                   axi_rlast_i,
  input  logic                   axi_rvalid_i,
  output logic [63:0]            axi_awaddr_o,
  output logic [7:0]             axi_awlen_o,
  output logic                   axi_awvalid_o,
  input  logic                   axi_awready_i,
  input  logic                   axi_bvalid_i
);
  logic [6:0] reads_q;
  logic [4:0] writes_q;
  logic read_held_q, write_held_q, held_id_q;
  logic [63:0] held_read_address_q, held_write_address_q;
  logic [7:0] held_read_len_q, held_write_len_q;
  logic front_beat_q, load_beat_q, beat_error_q;
  logic [BUS_BYTES*8-1:0] beat_data_q;

  assign front_can_read_o = !read_held_q && reads_q < 7'(tessera_pkg::ReadOutstanding);
  assign load_can_read_o = !read_held_q && reads_q < 7'(tessera_pkg::LoadOutstanding);
  assign can_write_o = !write_held_q && writes_q < 5'(tessera_pkg::WriteOutstanding);
  assign quiet_o = reads_q == '0 && writes_q == '0;

  logic read, read_id;
  logic [63:0] read_address;
  logic [7:0] read_len, write_len;
  assign read = front_read_i || load_read_i;
  assign read_id = front_read_i;
  assign read_address = front_read_i ? front_address_i : load_address_i;
  assign read_len = front_read_i ? front_beats_i - 8'd1 : 8'(load_beats_i - 9'd1);
  assign write_len = 8'(write_beats_i - 9'd1);

  assign axi_arvalid_o = read_held_q || read;
  assign axi_arid_o = read_held_q ? held_id_q : read_id;
  assign axi_araddr_o = read_held_q ? held_read_address_q : read_address;
  assign axi_arlen_o = read_held_q ? held_read_len_q : read_len;
  assign axi_awvalid_o = write_held_q || write_i;
  assign axi_awaddr_o = write_held_q ? held_write_address_q : write_address_i;
  assign axi_awlen_o = write_held_q ? held_write_len_q : write_len;

  assign front_beat_o = front_beat_q;
  assign load_beat_o = load_beat_q;
  assign beat_error_o = beat_error_q;
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
      reads_q <= reads_q + 7'(read) - 7'(axi_rvalid_i && axi_rlast_i);
      writes_q <= writes_q + 5'(write_i) - 5'(axi_bvalid_i);
      read_held_q <= axi_arvalid_o && !axi_arready_i;
      write_held_q <= axi_awvalid_o && !axi_awready_i;
      front_beat_q <= axi_rvalid_i && axi_rid_i && !drop_i;
      load_beat_q <= axi_rvalid_i && !axi_rid_i && !drop_i;
    end
  end

  always_ff @(posedge clk_i) begin
    held_id_q <= axi_arid_o;
    held_read_address_q <= axi_araddr_o;
    held_read_len_q <= axi_arlen_o;
    held_write_address_q <= axi_awaddr_o;
    held_write_len_q <= axi_awlen_o;
    beat_error_q <= axi_rerror_i;
    if (axi_rvalid_i) beat_data_q <= axi_rdata_i;
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) !(front_read_i && load_read_i));
  assert property (@(posedge clk_i) disable iff (!rst_ni) read |-> !read_held_q);
  assert property (@(posedge clk_i) disable iff (!rst_ni) write_i |-> can_write_o);
  assert property (@(posedge clk_i) disable iff (!rst_ni) axi_rvalid_i |-> reads_q != '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni) axi_bvalid_i |-> writes_q != '0);
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   axi_arvalid_o && !axi_arready_i |=> axi_arvalid_o && $stable(axi_araddr_o) &&
                   $stable(axi_arlen_o) && $stable(axi_arid_o));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   axi_awvalid_o && !axi_awready_i |=> axi_awvalid_o && $stable(axi_awaddr_o) &&
                   $stable(axi_awlen_o));
`endif
endmodule
