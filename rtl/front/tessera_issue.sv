// SPDX-License-Identifier: MIT
// Dispatch, scoreboard and the three queues: descriptors in, at each queue's end the head with the
// answer to "are its tickets granted?". The tickets of V and state of an ATTEND travel on with its
// lane groups and are answered when the value stage asks.
module tessera_issue #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                               clk_i,
  input  logic                               rst_ni,
  input  logic                               clear_i,
  input  logic [1:0]                         profile_i,
  input  logic                               key_ranges_i,
  // <-> registers
  input  tessera_port_pkg::control_t         control_i,
  input  logic                               halted_i,
  output tessera_port_pkg::issue_status_t    status_o,
  output tessera_port_pkg::error_t           error_o,
  // <- front end
  input  tessera_port_pkg::descriptor_t      descriptor_i,
  output logic                               pop_o,
  // <-> engines: the heads of their queues
  output tessera_port_pkg::load_req_t        load_o,
  input  tessera_port_pkg::queue_rsp_t       load_i,
  output tessera_port_pkg::compute_req_t     compute_o,
  output logic [tessera_mask_pkg::MaskWordsBits-1:0] compute_mask_o,  // words of its mask
  input  tessera_port_pkg::queue_rsp_t       compute_i,
  output tessera_port_pkg::store_req_t       store_o,
  input  tessera_port_pkg::queue_rsp_t       store_i,
  // <- value stage: the lane group to be admitted next
  input  tessera_port_pkg::admit_req_t       admit_i,
  output tessera_port_pkg::admit_rsp_t       admit_o,
  // <- engines: touches that end, commands that retire
  input  tessera_port_pkg::load_release_t    load_release_i,
  input  tessera_port_pkg::compute_release_t compute_release_i,
  input  tessera_port_pkg::release_t         store_release_i,
  input  tessera_port_pkg::engines_t         retired_i,
  // Trace
  output tessera_port_pkg::dispatch_event_t  dispatched_o
);
  localparam int unsigned B = tessera_port_pkg::TicketBits;
  localparam int unsigned TransferBits = tessera_port_pkg::TransferBits;
  localparam int unsigned AttendBits =
      tessera_port_pkg::AttendBits + tessera_mask_pkg::MaskWordsBits;

  // Is a count of released touches at or past a ticket?
  function automatic logic reached(input logic [B-1:0] released, input logic [B-1:0] ticket);
    logic [B-1:0] lead;
    lead = released - ticket;
    reached = !lead[B-1];
  endfunction

  // ---- Dispatch
  tessera_port_pkg::engines_t full, push;
  tessera_port_pkg::transfer_t command;
  tessera_port_pkg::bank_id_t load_id;
  logic [31:0] number;

  tessera_dispatch #(
    .M(M), .D(D), .BUS_BYTES(BUS_BYTES)
  ) u_dispatch (
    .clk_i, .rst_ni, .clear_i, .profile_i, .control_i, .halted_i, .descriptor_i, .pop_o,
    .full_i(full),
    .push_o(push),
    .number_o(number),
    .command_o(command),
    .load_id_o(load_id),
    .retired_i,
    .outstanding_o(status_o.outstanding),
    .fence_waiting_o(status_o.fence_waiting),
    .error_o
  );
  assign status_o.dispatched = number;
  assign dispatched_o.valid = pop_o;
  assign dispatched_o.number = number;
  assign dispatched_o.opcode = command.opcode;
  assign dispatched_o.tag = command.tag;

  // ---- Tickets
  tessera_port_pkg::take_t take;
  tessera_port_pkg::touches_t taken, released;
  always_comb begin
    take.by = push;
    if (command.opcode == tessera_pkg::OpFence) take.by.store = 1'b0;
    take.load_id = load_id;
    take.q_bank = command.q_bank[0];
    take.k_bank = command.k_bank[0];
    take.v_bank = command.v_bank[0];
    take.state_bank = command.state_bank[0];
  end

  tessera_scoreboard u_scoreboard (
    .clk_i, .rst_ni, .clear_i,
    .take_i(take),
    .load_release_i, .compute_release_i, .store_release_i,
    .taken_o(taken),
    .released_o(released)
  );

  // ---- Positions of rows
  tessera_port_pkg::tile_positions_t positions;
  tessera_position_memory u_positions (
    .clk_i, .clear_i(!rst_ni || clear_i), .enable_i(key_ranges_i),
    .load_i(push.load), .load_id_i(load_id), .command_i(command),
    .attend_i(descriptor_i.words[tessera_port_pkg::AttendBits-1:0]), .positions_o(positions)
  );

  // The touches of others that a command waits for, of Q, K, V and state: by loads, ATTENDs, stores
  logic [B-1:0] q_load, k_load, v_load, s_load, s_compute, s_store, load_compute;
  assign load_compute = taken.compute[32'(take.load_id)*B+:B];
  assign q_load = taken.load[32'(take.q_bank)*B+:B];
  assign k_load = taken.load[(2+32'(take.k_bank))*B+:B];
  assign v_load = taken.load[(4+32'(take.v_bank))*B+:B];
  assign s_load = taken.load[(6+32'(take.state_bank))*B+:B];
  assign s_compute = taken.compute[(6+32'(take.state_bank))*B+:B];
  assign s_store = taken.store[32'(take.state_bank)*B+:B];

  // ---- Queues
  tessera_port_pkg::transfer_t load, store;
  tessera_port_pkg::attend_t compute;
  tessera_port_pkg::admit_tickets_t admit_tickets;
  logic [31:0] load_number, compute_number, store_number;
  logic [B-1:0] load_compute_ticket, load_store_ticket, q_ticket, k_ticket;
  logic [B-1:0] store_load_ticket, store_compute_ticket;

  tessera_command_queue #(
    .WIDTH(TransferBits + 32 + 2 * B)
  ) u_load_queue (
    .clk_i, .rst_ni, .clear_i,
    .push_i(push.load),
    .data_i({load_compute, s_store, number, command}),
    .full_o(full.load),
    .valid_o(load_o.valid),
    .head_o({load_compute_ticket, load_store_ticket, load_number, load}),
    .engine_i(load_i),
    .size_o(status_o.load_queued)
  );
  tessera_command_queue #(
    .WIDTH(AttendBits + 32 + 5 * B + tessera_port_pkg::TilePositionsBits)
  ) u_compute_queue (
    .clk_i, .rst_ni, .clear_i,
    .push_i(push.compute),
    .data_i({positions, q_load, k_load, v_load, s_load, s_store, number,
             descriptor_i.words[AttendBits-1:0]}),
    .full_o(full.compute),
    .valid_o(compute_o.valid),
    .head_o({compute_o.positions, q_ticket, k_ticket, admit_tickets, compute_number,
             compute_mask_o, compute}),
    .engine_i(compute_i),
    .size_o(status_o.compute_queued)
  );
  tessera_command_queue #(
    .WIDTH(TransferBits + 32 + 2 * B)
  ) u_store_queue (
    .clk_i, .rst_ni, .clear_i,
    .push_i(push.store),
    .data_i({s_load, s_compute, number, command}),
    .full_o(full.store),
    .valid_o(store_o.valid),
    .head_o({store_load_ticket, store_compute_ticket, store_number, store}),
    .engine_i(store_i),
    .size_o(status_o.store_queued)
  );

  // ---- Grants
  tessera_port_pkg::bank_id_t load_head_id;
  logic load_state;
  assign load_head_id = tessera_port_pkg::load_bank_id(
      load.opcode, {load.state_bank[0], load.v_bank[0], load.k_bank[0], load.q_bank[0]});
  assign load_state = load_head_id.kind == tessera_port_pkg::KindState;
  assign load_o.id = load_head_id;
  assign load_o.number = load_number;
  assign load_o.command = load;
  assign load_o.granted =
      reached(released.compute[32'(load_head_id)*B+:B], load_compute_ticket) &&
      (!load_state ||
       reached(released.store[32'(load_head_id.bank)*B+:B], load_store_ticket));

  assign compute_o.number = compute_number;
  assign compute_o.command = compute;
  assign compute_o.tickets = admit_tickets;
  assign compute_o.q_granted = reached(released.load[32'(compute.q_bank[0])*B+:B], q_ticket);
  assign compute_o.k_granted = reached(released.load[(2+32'(compute.k_bank[0]))*B+:B], k_ticket);

  assign admit_o.v_granted = reached(released.load[(4+32'(admit_i.v_bank))*B+:B],
                                     admit_i.tickets.v_load);
  assign admit_o.state_granted = reached(released.load[(6+32'(admit_i.state_bank))*B+:B],
                                         admit_i.tickets.state_load) &&
                                 reached(released.store[32'(admit_i.state_bank)*B+:B],
                                         admit_i.tickets.state_store);

  logic [B-1:0] store_compute_released;
  assign store_compute_released = released.compute[(6+32'(store.state_bank[0]))*B+:B];
  assign store_o.number = store_number;
  assign store_o.command = store;
  assign store_o.loads_granted = reached(released.load[(6+32'(store.state_bank[0]))*B+:B],
                                         store_load_ticket);
  assign store_o.computes_granted = reached(store_compute_released, store_compute_ticket);
  assign store_o.last_merging = store_compute_released + 1'b1 == store_compute_ticket;
endmodule
