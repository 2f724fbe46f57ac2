// SPDX-License-Identifier: MIT
// The first error since reset, by cycle and then load < store < dispatch. Latched in a cycle, it is
// visible ("halted") from the next one on and stays until soft reset. The front end's bus errors
// count as the load engine's: both come from the one read data bus, never in the same cycle.
module tessera_error_latch (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                clear_i,
  input  logic                load_valid_i,
  input  tessera_pkg::error_e load_code_i,
  input  logic [15:0]         load_tag_i,
  input  logic                front_valid_i,
  input  logic [15:0]         front_tag_i,
  input  logic                store_valid_i,
  input  logic [15:0]         store_tag_i,
  input  logic                dispatch_valid_i,
  input  tessera_pkg::error_e dispatch_code_i,
  input  logic [15:0]         dispatch_tag_i,
  input  logic                ring_valid_i,  // enabled with an illegal ring
  output tessera_pkg::error_e code_o,
  output logic [15:0]         tag_o,
  output logic                halted_o,
  output logic                first_o        // latched in this cycle
);
  tessera_pkg::error_e code_q, code_d;
  logic [15:0] tag_q, tag_d;

  assign code_o = code_q;
  assign tag_o = tag_q;
  assign halted_o = code_q != tessera_pkg::ErrNone;
  assign first_o = !halted_o && code_d != tessera_pkg::ErrNone;

  always_comb begin
    code_d = code_q;
    tag_d = tag_q;
    if (code_q == tessera_pkg::ErrNone) begin
      if (load_valid_i) begin
        code_d = load_code_i;
        tag_d = load_tag_i;
      end else if (front_valid_i) begin
        code_d = tessera_pkg::ErrDescriptorBus;
        tag_d = front_tag_i;
      end else if (store_valid_i) begin
        code_d = tessera_pkg::ErrWriteBus;
        tag_d = store_tag_i;
      end else if (dispatch_valid_i) begin
        code_d = dispatch_code_i;
        tag_d = dispatch_tag_i;
      end else if (ring_valid_i) begin
        code_d = tessera_pkg::ErrBadRing;
        tag_d = '0;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      code_q <= tessera_pkg::ErrNone;
      tag_q <= '0;
    end else begin
      code_q <= code_d;
      tag_q <= tag_d;
    end
  end
endmodule
