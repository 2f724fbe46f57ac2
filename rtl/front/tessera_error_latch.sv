// SPDX-License-Identifier: MIT
// The first error since reset, by cycle and then load < store < dispatch. Latched in a cycle, it is
// visible ("halted") from the next one on and stays until soft reset. The front end's bus errors
// count as the load engine's: both come from the one read data bus, never in the same cycle.
module tessera_error_latch (
  input  logic                           clk_i,
  input  logic                           rst_ni,
  input  logic                           clear_i,
  // <- units
  input  tessera_port_pkg::error_t       load_i,
  input  tessera_port_pkg::error_t       front_i,
  input  tessera_port_pkg::error_t       store_i,
  input  tessera_port_pkg::error_t       dispatch_i,
  input  tessera_port_pkg::error_t       ring_i,    // enabled with an illegal ring
  // The first of them
  output tessera_port_pkg::error_state_t state_o,
  output logic                           halted_o,
  output logic                           first_o    // latched in this cycle
);
  tessera_port_pkg::error_state_t state_q, state_d;

  assign state_o = state_q;
  assign halted_o = state_q.code != tessera_pkg::ErrNone;
  assign first_o = !halted_o && state_d.code != tessera_pkg::ErrNone;

  always_comb begin
    state_d = state_q;
    if (state_q.code == tessera_pkg::ErrNone) begin
      if (load_i.valid) begin
        state_d = {load_i.code, load_i.tag};
      end else if (front_i.valid) begin
        state_d = {front_i.code, front_i.tag};
      end else if (store_i.valid) begin
        state_d = {store_i.code, store_i.tag};
      end else if (dispatch_i.valid) begin
        state_d = {dispatch_i.code, dispatch_i.tag};
      end else if (ring_i.valid) begin
        state_d = {ring_i.code, ring_i.tag};
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      state_q.code <= tessera_pkg::ErrNone;
      state_q.tag <= '0;
    end else begin
      state_q <= state_d;
    end
  end
endmodule
