// SPDX-License-Identifier: MIT
// Any word, CYCLES cycles later; 0 is a wire. clear_i makes all words on their way zero.
module tessera_delay #(
  parameter int unsigned WIDTH  = 1,
  parameter int unsigned CYCLES = 1
) (
  input  logic             clk_i,
  input  logic             clear_i,
  input  logic [WIDTH-1:0] d_i,
  output logic [WIDTH-1:0] q_o
);
  if (CYCLES == 0) begin : g_wire
    logic unused;
    assign unused = clk_i ^ clear_i;
    assign q_o = d_i;
  end else if (CYCLES == 1) begin : g_one
    always_ff @(posedge clk_i) q_o <= clear_i ? '0 : d_i;
  end else begin : g_shift
    logic [CYCLES*WIDTH-1:0] shift_q;
    always_ff @(posedge clk_i)
      shift_q <= clear_i ? '0 : {shift_q[(CYCLES-1)*WIDTH-1:0], d_i};
    assign q_o = shift_q[CYCLES*WIDTH-1 -: WIDTH];
  end
endmodule
