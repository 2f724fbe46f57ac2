// SPDX-License-Identifier: MIT
// Counts, per bank and engine, the touches taken at dispatch and those released. A command's ticket
// is the taken count of another engine when it was dispatched; it is granted when as many are
// released. Counts are modulo 2^TicketBits. Banks are numbered as in bank_id_t.
module tessera_scoreboard (
  input  logic                               clk_i,
  input  logic                               rst_ni,
  input  logic                               clear_i,
  // <- dispatch: the command that is dispatched in this cycle
  input  tessera_port_pkg::take_t            take_i,
  // <- engines, visible from the next cycle on
  input  tessera_port_pkg::load_release_t    load_release_i,
  input  tessera_port_pkg::compute_release_t compute_release_i,
  input  tessera_port_pkg::release_t         store_release_i,
  // -> grants
  output tessera_port_pkg::touches_t         taken_o,
  output tessera_port_pkg::touches_t         released_o
);
  localparam int unsigned B = tessera_port_pkg::TicketBits;
  localparam int unsigned N = tessera_port_pkg::BankIds;

  // One bit for each bank: of a pair, and of all
  function automatic logic [1:0] pair(input logic valid, input logic bank);
    pair = {valid && bank, valid && !bank};
  endfunction
  function automatic logic [N-1:0] bank_bit(input logic valid, input logic [2:0] id);
    bank_bit = '0;
    bank_bit[id] = valid;
  endfunction

  logic [N-1:0] load_take, load_release, compute_take, compute_release;
  logic [1:0] store_take, store_release;
  always_comb begin
    load_take = bank_bit(take_i.by.load, take_i.load_id);
    compute_take = {pair(take_i.by.compute, take_i.state_bank),
                    pair(take_i.by.compute, take_i.v_bank),
                    pair(take_i.by.compute, take_i.k_bank),
                    pair(take_i.by.compute, take_i.q_bank)};
    store_take = pair(take_i.by.store, take_i.state_bank);
    load_release = bank_bit(load_release_i.valid, load_release_i.id);
    compute_release = {pair(compute_release_i.state.valid, compute_release_i.state.bank),
                       pair(compute_release_i.v.valid, compute_release_i.v.bank),
                       pair(compute_release_i.k.valid, compute_release_i.k.bank),
                       pair(compute_release_i.q.valid, compute_release_i.q.bank)};
    store_release = pair(store_release_i.valid, store_release_i.bank);
  end

  logic [N*B-1:0] load_taken_q, load_released_q, compute_taken_q, compute_released_q;
  logic [2*B-1:0] store_taken_q, store_released_q;
  assign taken_o = {load_taken_q, compute_taken_q, store_taken_q};
  assign released_o = {load_released_q, compute_released_q, store_released_q};

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      load_taken_q <= '0;
      compute_taken_q <= '0;
      store_taken_q <= '0;
      load_released_q <= '0;
      compute_released_q <= '0;
      store_released_q <= '0;
    end else begin
      for (int unsigned i = 0; i < N; i++) begin
        load_taken_q[i*B+:B] <= load_taken_q[i*B+:B] + B'(load_take[i]);
        load_released_q[i*B+:B] <= load_released_q[i*B+:B] + B'(load_release[i]);
        compute_taken_q[i*B+:B] <= compute_taken_q[i*B+:B] + B'(compute_take[i]);
        compute_released_q[i*B+:B] <= compute_released_q[i*B+:B] + B'(compute_release[i]);
      end
      for (int unsigned i = 0; i < 2; i++) begin
        store_taken_q[i*B+:B] <= store_taken_q[i*B+:B] + B'(store_take[i]);
        store_released_q[i*B+:B] <= store_released_q[i*B+:B] + B'(store_release[i]);
      end
    end
  end

`ifndef SYNTHESIS
  // What is released was taken before: no engine is ahead of its tickets.
  function automatic logic ahead(input logic [B-1:0] taken, input logic [B-1:0] released);
    logic [B-1:0] waiting;
    waiting = taken - released;
    ahead = waiting[B-1];
  endfunction
  always_ff @(posedge clk_i) begin
    for (int unsigned i = 0; i < N; i++) begin
      assert (!ahead(load_taken_q[i*B+:B], load_released_q[i*B+:B]))
      else $error("loads overtake their tickets");
      assert (!ahead(compute_taken_q[i*B+:B], compute_released_q[i*B+:B]))
      else $error("ATTENDs overtake their tickets");
    end
    for (int unsigned i = 0; i < 2; i++) begin
      assert (!ahead(store_taken_q[i*B+:B], store_released_q[i*B+:B]))
      else $error("stores overtake their tickets");
    end
  end
`endif
endmodule
