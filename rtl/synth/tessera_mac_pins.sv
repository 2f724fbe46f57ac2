// SPDX-License-Identifier: MIT
// For scripts/synth only: a multiply-add cell between a shift register and a parity bit, so that
// every path that is timed begins and ends in a register of the cell or beside it, none at a pin.
module tessera_mac_pins #(
  parameter int unsigned INTERLEAVE = 4
) (
  input  logic clk_i,
  input  logic bit_i,
  output logic parity_o
);
  logic [63:0] operands_q;
  logic [31:0] sum;

  tessera_mac_cell #(.INTERLEAVE(INTERLEAVE)) u_cell (
    .clk_i (clk_i),
    .a_i   (operands_q[15:0]),
    .b_i   (operands_q[31:16]),
    .sum_i (operands_q[63:32]),
    .sum_o (sum)
  );
  always_ff @(posedge clk_i) begin
    operands_q <= {operands_q[62:0], bit_i};
    parity_o   <= ^sum;
  end
endmodule
