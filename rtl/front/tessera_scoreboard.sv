// SPDX-License-Identifier: MIT
// Counts, per bank and engine, the touches taken at dispatch and those that are over. A command's
// ticket is the taken count of another engine when it was dispatched; it is granted when as many are
// over. Counts are modulo 2^TicketBits. Banks are numbered Q0 Q1 K0 K1 V0 V1 S0 S1.
module tessera_scoreboard (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_i,
  // Touches taken by the command that is dispatched in this cycle
  input  logic        take_load_i,
  input  logic [2:0]  take_load_bank_i,
  input  logic        take_compute_i,
  input  logic        take_q_bank_i,
  input  logic        take_k_bank_i,
  input  logic        take_v_bank_i,
  input  logic        take_s_bank_i,
  input  logic        take_store_i,
  input  logic        take_store_bank_i,
  output logic [8*tessera_port_pkg::TicketBits-1:0] load_taken_o,
  output logic [8*tessera_port_pkg::TicketBits-1:0] compute_taken_o,
  output logic [2*tessera_port_pkg::TicketBits-1:0] store_taken_o,     // state banks only
  // Touches over, visible from the next cycle on
  input  logic        load_over_i,
  input  logic [2:0]  load_over_bank_i,
  input  logic        q_over_i,
  input  logic        q_over_bank_i,
  input  logic        k_over_i,
  input  logic        k_over_bank_i,
  input  logic        v_over_i,
  input  logic        v_over_bank_i,
  input  logic        s_over_i,
  input  logic        s_over_bank_i,
  input  logic        store_over_i,
  input  logic        store_over_bank_i,
  output logic [8*tessera_port_pkg::TicketBits-1:0] load_over_o,
  output logic [8*tessera_port_pkg::TicketBits-1:0] compute_over_o,
  output logic [2*tessera_port_pkg::TicketBits-1:0] store_over_o
);
  localparam int unsigned B = tessera_port_pkg::TicketBits;

  logic [8*B-1:0] load_taken_q, load_taken_d, compute_taken_q, compute_taken_d;
  logic [8*B-1:0] load_over_q, load_over_d, compute_over_q, compute_over_d;
  logic [2*B-1:0] store_taken_q, store_taken_d, store_over_q, store_over_d;

  assign load_taken_o = load_taken_q;
  assign compute_taken_o = compute_taken_q;
  assign store_taken_o = store_taken_q;
  assign load_over_o = load_over_q;
  assign compute_over_o = compute_over_q;
  assign store_over_o = store_over_q;

  always_comb begin
    load_taken_d = load_taken_q;
    compute_taken_d = compute_taken_q;
    store_taken_d = store_taken_q;
    load_over_d = load_over_q;
    compute_over_d = compute_over_q;
    store_over_d = store_over_q;
    for (int unsigned i = 0; i < 8; i++) begin
      if (take_load_i && take_load_bank_i == 3'(i)) begin
        load_taken_d[i*B+:B] = load_taken_q[i*B+:B] + 1'b1;
      end
      if (load_over_i && load_over_bank_i == 3'(i)) begin
        load_over_d[i*B+:B] = load_over_q[i*B+:B] + 1'b1;
      end
    end
    for (int unsigned i = 0; i < 2; i++) begin
      if (take_compute_i) begin
        if (take_q_bank_i == i[0]) compute_taken_d[i*B+:B] = compute_taken_q[i*B+:B] + 1'b1;
        if (take_k_bank_i == i[0]) compute_taken_d[(2+i)*B+:B] = compute_taken_q[(2+i)*B+:B] + 1'b1;
        if (take_v_bank_i == i[0]) compute_taken_d[(4+i)*B+:B] = compute_taken_q[(4+i)*B+:B] + 1'b1;
        if (take_s_bank_i == i[0]) compute_taken_d[(6+i)*B+:B] = compute_taken_q[(6+i)*B+:B] + 1'b1;
      end
      if (q_over_i && q_over_bank_i == i[0]) begin
        compute_over_d[i*B+:B] = compute_over_q[i*B+:B] + 1'b1;
      end
      if (k_over_i && k_over_bank_i == i[0]) begin
        compute_over_d[(2+i)*B+:B] = compute_over_q[(2+i)*B+:B] + 1'b1;
      end
      if (v_over_i && v_over_bank_i == i[0]) begin
        compute_over_d[(4+i)*B+:B] = compute_over_q[(4+i)*B+:B] + 1'b1;
      end
      if (s_over_i && s_over_bank_i == i[0]) begin
        compute_over_d[(6+i)*B+:B] = compute_over_q[(6+i)*B+:B] + 1'b1;
      end
      if (take_store_i && take_store_bank_i == i[0]) begin
        store_taken_d[i*B+:B] = store_taken_q[i*B+:B] + 1'b1;
      end
      if (store_over_i && store_over_bank_i == i[0]) begin
        store_over_d[i*B+:B] = store_over_q[i*B+:B] + 1'b1;
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      load_taken_q <= '0;
      compute_taken_q <= '0;
      store_taken_q <= '0;
      load_over_q <= '0;
      compute_over_q <= '0;
      store_over_q <= '0;
    end else begin
      load_taken_q <= load_taken_d;
      compute_taken_q <= compute_taken_d;
      store_taken_q <= store_taken_d;
      load_over_q <= load_over_d;
      compute_over_q <= compute_over_d;
      store_over_q <= store_over_d;
    end
  end

`ifndef SYNTHESIS
  // What is over was taken before: no engine is ahead of its tickets.
  function automatic logic ahead(input logic [B-1:0] taken, input logic [B-1:0] over);
    logic [B-1:0] waiting;
    waiting = taken - over;
    ahead = waiting[B-1];
  endfunction
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < 8; i++) begin
      assert (!ahead(load_taken_q[i*B+:B], load_over_q[i*B+:B]))
      else $error("loads overtake their tickets");
      assert (!ahead(compute_taken_q[i*B+:B], compute_over_q[i*B+:B]))
      else $error("ATTENDs overtake their tickets");
    end
    for (int unsigned i = 0; i < 2; i++) begin
      assert (!ahead(store_taken_q[i*B+:B], store_over_q[i*B+:B]))
      else $error("stores overtake their tickets");
    end
  end
`endif
endmodule
