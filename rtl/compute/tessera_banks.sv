// SPDX-License-Identifier: MIT
// All banks of the device: operands (Q, K, V), positions of Q and K rows, and states. Loads write
// all of them. The score stage reads Q, K and positions; the value stage reads V; the merge and the
// store engine read states. The scoreboard decides who may touch which bank.
module tessera_banks #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned LANES = 2,
  parameter int unsigned INTERLEAVE = 4,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                                 clk_i,
  // <- load engine: one beat of one row
  input  tessera_port_pkg::bank_write_t        load_i,
  input  logic [BUS_BYTES*8-1:0]               load_data_i,
  // <-> score stage. Column k of Q and K follows INTERLEAVE*k cycles after column 0.
  input  tessera_lane_group_pkg::bank_read_t   q_read_i,
  input  tessera_lane_group_pkg::bank_read_t   k_read_i,
  output logic [D*LANES*16-1:0]                q_o,
  output logic [D*16-1:0]                      k_o,
  input  tessera_lane_group_pkg::bank_read_t   q_position_read_i,
  input  tessera_lane_group_pkg::bank_read_t   k_position_read_i,
  output logic [LANES*32-1:0]                  q_position_o,
  output logic [31:0]                          k_position_o,
  // <-> value stage
  input  tessera_lane_group_pkg::bank_read_t   v_read_i,
  output logic [D*16-1:0]                      v_o,
  // <-> merge
  input  tessera_lane_group_pkg::bank_read_t   state_read_i,
  output logic [(D+1)*32-1:0]                  state_o,       // l above the columns of O
  output tessera_lane_group_pkg::row_word_t    state_word_o,
  input  tessera_lane_group_pkg::state_write_t state_write_i,
  input  logic [(D+1)*32-1:0]                  state_data_i,
  // <-> store engine
  input  tessera_port_pkg::row_req_t           store_read_i,
  output tessera_port_pkg::row_rsp_t           store_o,
  output logic [D*32-1:0]                      store_columns_o
);
  // ---- Operands and positions
  tessera_operand_bank #(
    .M(M), .D(D), .LANES(LANES), .SKEW(INTERLEAVE), .BUS_BYTES(BUS_BYTES),
    .KIND(tessera_port_pkg::KindQ)
  ) u_q (
    .clk_i, .write_i(load_i), .write_data_i(load_data_i), .read_i(q_read_i), .data_o(q_o)
  );
  tessera_operand_bank #(
    .M(M), .D(D), .LANES(1), .SKEW(INTERLEAVE), .BUS_BYTES(BUS_BYTES),
    .KIND(tessera_port_pkg::KindK)
  ) u_k (
    .clk_i, .write_i(load_i), .write_data_i(load_data_i), .read_i(k_read_i), .data_o(k_o)
  );
  tessera_operand_bank #(
    .M(M), .D(D), .LANES(1), .SKEW(0), .BUS_BYTES(BUS_BYTES), .KIND(tessera_port_pkg::KindV)
  ) u_v (
    .clk_i, .write_i(load_i), .write_data_i(load_data_i), .read_i(v_read_i), .data_o(v_o)
  );
  tessera_position_bank #(.M(M), .LANES(LANES), .KIND(tessera_port_pkg::KindQ)) u_q_position (
    .clk_i, .write_i(load_i), .read_i(q_position_read_i), .position_o(q_position_o)
  );
  tessera_position_bank #(.M(M), .LANES(1), .KIND(tessera_port_pkg::KindK)) u_k_position (
    .clk_i, .write_i(load_i), .read_i(k_position_read_i), .position_o(k_position_o)
  );

  // ---- States: the bank that was read last answers.
  logic [(D+1)*32-1:0]               merge0, merge1, store0, store1;
  tessera_lane_group_pkg::row_word_t merge_word0, merge_word1, store_word0, store_word1, store_word;
  logic                              merge_bank_q, store_bank_q;

  tessera_state_bank #(.M(M), .D(D), .BUS_BYTES(BUS_BYTES), .BANK(1'b0)) u_state0 (
    .clk_i, .merge_read_i(state_read_i), .merge_o(merge0), .merge_word_o(merge_word0),
    .merge_write_i(state_write_i), .merge_data_i(state_data_i),
    .store_read_i, .store_o(store0), .store_word_o(store_word0), .load_i, .load_data_i
  );
  tessera_state_bank #(.M(M), .D(D), .BUS_BYTES(BUS_BYTES), .BANK(1'b1)) u_state1 (
    .clk_i, .merge_read_i(state_read_i), .merge_o(merge1), .merge_word_o(merge_word1),
    .merge_write_i(state_write_i), .merge_data_i(state_data_i),
    .store_read_i, .store_o(store1), .store_word_o(store_word1), .load_i, .load_data_i
  );
  always_ff @(posedge clk_i) begin
    if (state_read_i.valid) merge_bank_q <= state_read_i.bank;
    if (store_read_i.valid) store_bank_q <= store_read_i.bank;
  end

  assign state_o = merge_bank_q ? merge1 : merge0;
  assign state_word_o = merge_bank_q ? merge_word1 : merge_word0;
  assign store_word = store_bank_q ? store_word1 : store_word0;
  assign {store_o.l, store_columns_o} = store_bank_q ? store1 : store0;
  assign store_o.m = store_word.m;
  assign store_o.flags = store_word.flags;
endmodule
