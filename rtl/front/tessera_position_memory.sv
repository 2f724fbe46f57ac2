// SPDX-License-Identifier: MIT
// What dispatch remembers of the loads into the Q and K banks (spec/key_range.h): the first rows of
// a bank, so many, are at positions that follow each other. For an ATTEND it says at which ones,
// and whether those of all its rows are known.
module tessera_position_memory (
  input  logic                              clk_i,
  input  logic                              clear_i,
  input  logic                              enable_i,     // a fuse: else nothing is known
  // The descriptor at the head
  input  logic                              load_i,       // pulse: it is a load, dispatched
  input  tessera_port_pkg::bank_id_t        load_id_i,
  input  tessera_port_pkg::transfer_t       command_i,    // as a load ...
  input  tessera_port_pkg::attend_t         attend_i,     // ... and as an ATTEND
  output tessera_port_pkg::tile_positions_t positions_o
);
  // Banks Q0 Q1 K0 K1
  logic [31:0] origin_q [4];
  logic [10:0] rows_q   [4];

  logic [1:0]  bank;
  logic [10:0] first_row, kept;
  logic [31:0] origin;
  logic        follows, unused_bits;

  assign bank = {load_id_i.kind[0], load_id_i.bank};
  assign first_row = command_i.first_row[10:0];
  assign origin = first_row == '0 ? command_i.position : origin_q[bank];
  assign follows = !command_i.flags[tessera_pkg::FlagGather-8] && first_row <= rows_q[bank] &&
                   command_i.position == origin + 32'(first_row);
  assign kept = first_row < rows_q[bank] ? first_row : rows_q[bank];
  assign unused_bits = ^{command_i, attend_i, load_id_i};

  always_ff @(posedge clk_i)
    if (clear_i) begin
      for (int b = 0; b < 4; b++) rows_q[b] <= '0;
    end else if (load_i && !load_id_i.kind[1]) begin
      origin_q[bank] <= origin;
      rows_q[bank] <= follows ? first_row + command_i.rows[10:0] : kept;
    end

  logic [1:0] q_bank, k_bank;
  assign q_bank = {1'b0, attend_i.q_bank[0]};
  assign k_bank = {1'b1, attend_i.k_bank[0]};
  assign positions_o.known = enable_i && rows_q[q_bank] >= attend_i.rows[10:0] &&
                             rows_q[k_bank] >= attend_i.keys[10:0];
  assign positions_o.q = origin_q[q_bank];
  assign positions_o.k = origin_q[k_bank];
endmodule
