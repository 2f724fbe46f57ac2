// SPDX-License-Identifier: MIT
// Checks each descriptor, takes its tickets and puts it into its engine's queue: in order, one a
// cycle, without waiting for operands. Stops at a full queue, at a FENCE until it has retired, and
// for good at an illegal descriptor. Also watches that commands keep retiring.
module tessera_dispatch #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                          clk_i,
  input  logic                          rst_ni,
  input  logic                          clear_i,
  input  logic [1:0]                    profile_i,
  input  tessera_port_pkg::control_t    control_i,
  input  logic                          halted_i,
  // <- front end
  input  tessera_port_pkg::descriptor_t descriptor_i,
  output logic                          pop_o,
  // -> queues
  input  tessera_port_pkg::engines_t    full_i,
  output tessera_port_pkg::engines_t    push_o,
  output logic [31:0]                   number_o,   // descriptors dispatched before this one
  output tessera_port_pkg::transfer_t   command_o,
  output tessera_port_pkg::bank_id_t    load_id_o,  // of a load
  // Retirements of this cycle
  input  tessera_port_pkg::engines_t    retired_i,
  // State
  output logic [31:0]                   outstanding_o,
  output logic                          fence_waiting_o,
  output tessera_port_pkg::error_t      error_o
);
  tessera_port_pkg::transfer_t t;
  assign t = descriptor_i.words[tessera_port_pkg::TransferBits-1:0];

  // Rows and columns of each state bank, from 0 on, that the last ATTEND into it wrote with
  // f = identity; none if with softmax.
  logic [21:0] identity_rows_q;
  logic [19:0] identity_d_v_q;

  tessera_pkg::error_e check;
  tessera_descriptor_check #(
    .M(M), .D(D), .BUS_BYTES(BUS_BYTES)
  ) u_check (
    .profile_i,
    .identity_rows_i(identity_rows_q[32'(t.state_bank[0])*11+:11]),
    .identity_d_v_i(identity_d_v_q[32'(t.state_bank[0])*10+:10]),
    .descriptor_i(descriptor_i.words),
    .error_o(check)
  );

  logic [31:0] number_q, outstanding_q;
  logic fence_sent_q;
  logic to_load, to_compute, fence, legal, active, idle, queue_full, dispatch;

  assign fence = t.opcode == tessera_pkg::OpFence;
  assign to_compute = t.opcode == tessera_pkg::OpAttend;
  assign to_load = t.opcode <= tessera_pkg::OpLoadState;
  assign legal = check == tessera_pkg::ErrNone;
  assign idle = outstanding_q == '0;
  assign active = descriptor_i.valid && control_i.enable && !halted_i && !fence_sent_q;
  assign queue_full = to_load ? full_i.load : to_compute ? full_i.compute : full_i.store;
  assign dispatch = active && legal && !queue_full && (!fence || idle);

  assign pop_o = dispatch;
  assign push_o.load = dispatch && to_load;
  assign push_o.compute = dispatch && to_compute;
  assign push_o.store = dispatch && !to_load && !to_compute;
  assign number_o = number_q;
  assign command_o = t;
  assign outstanding_o = outstanding_q;
  assign fence_waiting_o = !halted_i && (fence_sent_q || (active && legal && fence));

  assign load_id_o = tessera_port_pkg::load_bank_id(
      t.opcode, {t.state_bank[0], t.v_bank[0], t.k_bank[0], t.q_bank[0]});

  // Watchdog: cycles since the last retirement or the first dispatch into an idle device.
  logic [32:0] age_q, age_d;
  logic late, any_retired;
  assign any_retired = retired_i != '0;
  assign late = control_i.watchdog != '0 && !halted_i && !idle &&
                age_q == {1'b0, control_i.watchdog};
  always_comb begin
    age_d = age_q[32] ? age_q : age_q + 33'd1;
    if (any_retired || (dispatch && idle)) age_d = '0;
  end

  // Both are errors of dispatch; an illegal descriptor names its tag.
  assign error_o.valid = late || (active && !legal);
  assign error_o.code = late ? tessera_pkg::ErrWatchdog : check;
  assign error_o.tag = late ? '0 : t.tag;

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      number_q <= '0;
      outstanding_q <= '0;
      fence_sent_q <= 1'b0;
      age_q <= '0;
      identity_rows_q <= '0;
      identity_d_v_q <= '0;
    end else begin
      if (dispatch) number_q <= number_q + 32'd1;
      outstanding_q <= outstanding_q + 32'(dispatch) - 32'(retired_i.load) -
                       32'(retired_i.compute) - 32'(retired_i.store);
      if (dispatch && fence) fence_sent_q <= 1'b1;
      else if (retired_i.store) fence_sent_q <= 1'b0;
      age_q <= age_d;
      if (dispatch && to_compute) begin
        identity_rows_q[32'(t.state_bank[0])*11+:11] <=
            t.flags[tessera_pkg::FlagIdentity-8] ? t.rows[10:0] : '0;
        identity_d_v_q[32'(t.state_bank[0])*10+:10] <= t.d_v[9:0];
      end
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni) any_retired |-> !idle);
`endif
endmodule
