// SPDX-License-Identifier: MIT
// Checks each descriptor, takes its tickets and puts it into its engine's queue: in order, one a
// cycle, without waiting for operands. Stops at a full queue, at a FENCE until it has retired, and
// for good at an illegal descriptor. Also watches that commands keep retiring.
module tessera_dispatch #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                clk_i,
  input  logic                rst_ni,
  input  logic                clear_i,
  input  logic [1:0]          profile_i,
  input  logic                enable_i,
  input  logic                halted_i,
  input  logic [31:0]         watchdog_i,
  // Head of the descriptor FIFO
  input  logic                head_valid_i,
  input  logic [511:0]        head_i,
  output logic                pop_o,
  // Queues
  input  logic                load_full_i,
  input  logic                compute_full_i,
  input  logic                store_full_i,
  output logic                push_load_o,
  output logic                push_compute_o,
  output logic                push_store_o,
  output logic [31:0]         number_o,  // descriptors dispatched before this one
  output logic [tessera_port_pkg::CommandBits-1:0] command_o,
  output logic [2:0]          bank_o,    // loads: see tessera_scoreboard
  // Retirements of this cycle
  input  logic                load_retired_i,
  input  logic                compute_retired_i,
  input  logic                store_retired_i,
  // State
  output logic [31:0]         outstanding_o,
  output logic                fence_waiting_o,
  output logic                error_o,
  output tessera_pkg::error_e error_code_o,
  output logic [15:0]         error_tag_o
);
  tessera_port_pkg::transfer_t t;
  assign t = head_i[tessera_port_pkg::CommandBits-1:0];

  // Rows and columns of each state bank, from 0 on, that the last ATTEND into it wrote with
  // f = identity; none if with softmax.
  logic [21:0] identity_rows_q;
  logic [19:0] identity_d_v_q;

  tessera_pkg::error_e check;
  tessera_descriptor_check #(
    .M(M), .D(D), .BUS_BYTES(BUS_BYTES)
  ) u_check (
    .profile_i(profile_i),
    .identity_rows_i(identity_rows_q[32'(t.state_bank[0])*11+:11]),
    .identity_d_v_i(identity_d_v_q[32'(t.state_bank[0])*10+:10]),
    .descriptor_i(head_i),
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
  assign active = head_valid_i && enable_i && !halted_i && !fence_sent_q;
  assign queue_full = to_load ? load_full_i : to_compute ? compute_full_i : store_full_i;
  assign dispatch = active && legal && !queue_full && (!fence || idle);

  assign pop_o = dispatch;
  assign push_load_o = dispatch && to_load;
  assign push_compute_o = dispatch && to_compute;
  assign push_store_o = dispatch && !to_load && !to_compute;
  assign number_o = number_q;
  assign command_o = head_i[tessera_port_pkg::CommandBits-1:0];
  assign outstanding_o = outstanding_q;
  assign fence_waiting_o = !halted_i && (fence_sent_q || (active && legal && fence));

  always_comb begin
    unique case (t.opcode)
      tessera_pkg::OpLoadQ: bank_o = {2'd0, t.q_bank[0]};
      tessera_pkg::OpLoadK: bank_o = {2'd1, t.k_bank[0]};
      tessera_pkg::OpLoadV: bank_o = {2'd2, t.v_bank[0]};
      default:              bank_o = {2'd3, t.state_bank[0]};
    endcase
  end

  // Watchdog: cycles since the last retirement or the first dispatch into an idle device.
  logic [32:0] age_q, age_d;
  logic late, any_retired;
  assign any_retired = load_retired_i || compute_retired_i || store_retired_i;
  assign late = watchdog_i != '0 && !halted_i && !idle && age_q == {1'b0, watchdog_i};
  always_comb begin
    age_d = age_q[32] ? age_q : age_q + 33'd1;
    if (any_retired || (dispatch && idle)) age_d = '0;
  end

  // Both are errors of dispatch; an illegal descriptor names its tag.
  assign error_o = late || (active && !legal);
  assign error_code_o = late ? tessera_pkg::ErrWatchdog : check;
  assign error_tag_o = late ? '0 : t.tag;

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
      outstanding_q <= outstanding_q + 32'(dispatch) - 32'(load_retired_i) -
                       32'(compute_retired_i) - 32'(store_retired_i);
      if (dispatch && fence) fence_sent_q <= 1'b1;
      else if (store_retired_i) fence_sent_q <= 1'b0;
      age_q <= age_d;
      if (push_compute_o) begin
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
