// SPDX-License-Identifier: MIT
// Dispatch, scoreboard and the three queues: descriptors in, at each queue's end the head with the
// answer to "are its tickets granted?". The tickets of V and state of an ATTEND travel on with its
// lane groups and are answered when the value stage asks.
module tessera_issue #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,
  input  logic                   clear_i,
  input  logic [1:0]             profile_i,
  input  logic                   enable_i,
  input  logic                   halted_i,
  input  logic [31:0]            watchdog_i,
  // Descriptors
  input  logic                   head_valid_i,
  input  logic [511:0]           head_i,
  output logic                   pop_o,
  output logic [31:0]            dispatched_o,   // RING_HEAD
  output logic [31:0]            outstanding_o,
  output logic                   fence_waiting_o,
  output logic                   error_o,
  output tessera_pkg::error_e    error_code_o,
  output logic [15:0]            error_tag_o,
  // Load queue
  output logic                   load_valid_o,
  output tessera_port_pkg::transfer_t load_o,
  output logic [31:0]            load_number_o,
  output logic                   load_granted_o,
  input  logic                   load_pop_i,
  input  logic                   load_drop_i,
  output logic [3:0]             load_size_o,
  // Compute queue
  output logic                   compute_valid_o,
  output tessera_port_pkg::attend_t   compute_o,
  output logic [31:0]            compute_number_o,
  output logic [3*tessera_port_pkg::TicketBits-1:0] compute_tickets_o,  // V: loads; state: loads, stores
  output logic                   q_granted_o,
  output logic                   k_granted_o,
  input  logic                   compute_pop_i,
  input  logic                   compute_drop_i,
  output logic [3:0]             compute_size_o,
  input  logic                   admit_v_bank_i,
  input  logic                   admit_s_bank_i,
  input  logic [3*tessera_port_pkg::TicketBits-1:0] admit_tickets_i,
  output logic                   v_granted_o,
  output logic                   s_granted_o,
  // Store queue
  output logic                   store_valid_o,
  output tessera_port_pkg::transfer_t store_o,
  output logic [31:0]            store_number_o,
  output logic                   store_loads_granted_o,
  output logic                   store_computes_granted_o,
  output logic                   store_last_merging_o,
  input  logic                   store_pop_i,
  input  logic                   store_drop_i,
  output logic [3:0]             store_size_o,
  // Touches over
  input  logic                   load_over_i,
  input  logic [2:0]             load_over_bank_i,
  input  logic                   q_over_i,
  input  logic                   q_over_bank_i,
  input  logic                   k_over_i,
  input  logic                   k_over_bank_i,
  input  logic                   v_over_i,
  input  logic                   v_over_bank_i,
  input  logic                   s_over_i,
  input  logic                   s_over_bank_i,
  input  logic                   store_over_i,
  input  logic                   store_over_bank_i,
  // Retirements
  input  logic                   load_retired_i,
  input  logic                   compute_retired_i,
  input  logic                   store_retired_i,
  // Trace
  output logic                   dispatch_o,
  output logic [31:0]            dispatch_number_o,
  output logic [7:0]             dispatch_opcode_o,
  output logic [15:0]            dispatch_tag_o
);
  localparam int unsigned B = tessera_port_pkg::TicketBits;
  localparam int unsigned CommandBits = tessera_port_pkg::CommandBits;

  // Is a touch count at or past a ticket?
  function automatic logic reached(input logic [B-1:0] over, input logic [B-1:0] ticket);
    logic [B-1:0] lead;
    lead = over - ticket;
    reached = !lead[B-1];
  endfunction

  logic push_load, push_compute, push_store, load_full, compute_full, store_full;
  logic [CommandBits-1:0] command;
  logic [31:0] number;
  logic [2:0] bank;

  tessera_dispatch #(
    .M(M), .D(D), .BUS_BYTES(BUS_BYTES)
  ) u_dispatch (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(clear_i),
    .profile_i(profile_i),
    .enable_i(enable_i),
    .halted_i(halted_i),
    .watchdog_i(watchdog_i),
    .head_valid_i(head_valid_i),
    .head_i(head_i),
    .pop_o(pop_o),
    .load_full_i(load_full),
    .compute_full_i(compute_full),
    .store_full_i(store_full),
    .push_load_o(push_load),
    .push_compute_o(push_compute),
    .push_store_o(push_store),
    .number_o(number),
    .command_o(command),
    .bank_o(bank),
    .load_retired_i(load_retired_i),
    .compute_retired_i(compute_retired_i),
    .store_retired_i(store_retired_i),
    .outstanding_o(outstanding_o),
    .fence_waiting_o(fence_waiting_o),
    .error_o(error_o),
    .error_code_o(error_code_o),
    .error_tag_o(error_tag_o)
  );
  assign dispatched_o = number;
  assign dispatch_o = pop_o;
  assign dispatch_number_o = number;
  tessera_port_pkg::transfer_t pushed;
  assign pushed = command;
  assign dispatch_opcode_o = pushed.opcode;
  assign dispatch_tag_o = pushed.tag;

  // Tickets
  logic q_bank, k_bank, v_bank, s_bank, takes_state;
  logic [8*B-1:0] load_taken, compute_taken, load_over, compute_over;
  logic [2*B-1:0] store_taken, store_over;
  assign q_bank = pushed.q_bank[0];
  assign k_bank = pushed.k_bank[0];
  assign v_bank = pushed.v_bank[0];
  assign s_bank = pushed.state_bank[0];
  assign takes_state = push_store && pushed.opcode != tessera_pkg::OpFence;

  tessera_scoreboard u_scoreboard (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(clear_i),
    .take_load_i(push_load),
    .take_load_bank_i(bank),
    .take_compute_i(push_compute),
    .take_q_bank_i(q_bank),
    .take_k_bank_i(k_bank),
    .take_v_bank_i(v_bank),
    .take_s_bank_i(s_bank),
    .take_store_i(takes_state),
    .take_store_bank_i(s_bank),
    .load_taken_o(load_taken),
    .compute_taken_o(compute_taken),
    .store_taken_o(store_taken),
    .load_over_i(load_over_i),
    .load_over_bank_i(load_over_bank_i),
    .q_over_i(q_over_i),
    .q_over_bank_i(q_over_bank_i),
    .k_over_i(k_over_i),
    .k_over_bank_i(k_over_bank_i),
    .v_over_i(v_over_i),
    .v_over_bank_i(v_over_bank_i),
    .s_over_i(s_over_i),
    .s_over_bank_i(s_over_bank_i),
    .store_over_i(store_over_i),
    .store_over_bank_i(store_over_bank_i),
    .load_over_o(load_over),
    .compute_over_o(compute_over),
    .store_over_o(store_over)
  );

  logic [2*B-1:0] load_ticket, load_head_ticket, store_ticket, store_head_ticket;
  logic [5*B-1:0] compute_ticket;
  logic [2*B-1:0] compute_head_ticket;
  assign load_ticket = {compute_taken[32'(bank)*B+:B], store_taken[32'(s_bank)*B+:B]};
  assign compute_ticket = {load_taken[32'(q_bank)*B+:B], load_taken[(2+32'(k_bank))*B+:B],
                           load_taken[(4+32'(v_bank))*B+:B], load_taken[(6+32'(s_bank))*B+:B],
                           store_taken[32'(s_bank)*B+:B]};
  assign store_ticket = {load_taken[(6+32'(s_bank))*B+:B], compute_taken[(6+32'(s_bank))*B+:B]};

  tessera_command_queue #(
    .WIDTH(CommandBits + 32 + 2 * B)
  ) u_load_queue (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(clear_i || load_drop_i),
    .push_i(push_load),
    .data_i({command, number, load_ticket}),
    .full_o(load_full),
    .valid_o(load_valid_o),
    .head_o({load_o, load_number_o, load_head_ticket}),
    .pop_i(load_pop_i),
    .size_o(load_size_o)
  );
  tessera_command_queue #(
    .WIDTH(CommandBits + 32 + 5 * B)
  ) u_compute_queue (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(clear_i || compute_drop_i),
    .push_i(push_compute),
    .data_i({command, number, compute_ticket}),
    .full_o(compute_full),
    .valid_o(compute_valid_o),
    .head_o({compute_o, compute_number_o, compute_head_ticket, compute_tickets_o}),
    .pop_i(compute_pop_i),
    .size_o(compute_size_o)
  );
  tessera_command_queue #(
    .WIDTH(CommandBits + 32 + 2 * B)
  ) u_store_queue (
    .clk_i(clk_i),
    .rst_ni(rst_ni),
    .clear_i(clear_i || store_drop_i),
    .push_i(push_store),
    .data_i({command, number, store_ticket}),
    .full_o(store_full),
    .valid_o(store_valid_o),
    .head_o({store_o, store_number_o, store_head_ticket}),
    .pop_i(store_pop_i),
    .size_o(store_size_o)
  );

  // Grants
  logic [2:0] load_bank;
  always_comb begin
    unique case (load_o.opcode)
      tessera_pkg::OpLoadQ: load_bank = {2'd0, load_o.q_bank[0]};
      tessera_pkg::OpLoadK: load_bank = {2'd1, load_o.k_bank[0]};
      tessera_pkg::OpLoadV: load_bank = {2'd2, load_o.v_bank[0]};
      default:              load_bank = {2'd3, load_o.state_bank[0]};
    endcase
  end
  assign load_granted_o =
      reached(compute_over[32'(load_bank)*B+:B], load_head_ticket[B+:B]) &&
      (load_bank[2:1] != 2'd3 ||
       reached(store_over[32'(load_bank[0])*B+:B], load_head_ticket[0+:B]));
  assign q_granted_o = reached(load_over[32'(compute_o.q_bank[0])*B+:B],
                               compute_head_ticket[B+:B]);
  assign k_granted_o = reached(load_over[(2+32'(compute_o.k_bank[0]))*B+:B],
                               compute_head_ticket[0+:B]);
  assign v_granted_o = reached(load_over[(4+32'(admit_v_bank_i))*B+:B], admit_tickets_i[2*B+:B]);
  assign s_granted_o = reached(load_over[(6+32'(admit_s_bank_i))*B+:B], admit_tickets_i[B+:B]) &&
                       reached(store_over[32'(admit_s_bank_i)*B+:B], admit_tickets_i[0+:B]);

  logic [B-1:0] store_compute_over;
  assign store_compute_over = compute_over[(6+32'(store_o.state_bank[0]))*B+:B];
  assign store_loads_granted_o = reached(load_over[(6+32'(store_o.state_bank[0]))*B+:B],
                                         store_head_ticket[B+:B]);
  assign store_computes_granted_o = reached(store_compute_over, store_head_ticket[0+:B]);
  assign store_last_merging_o = store_compute_over + 1'b1 == store_head_ticket[0+:B];
endmodule
