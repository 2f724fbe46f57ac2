// SPDX-License-Identifier: MIT
// The compute engine: score stage, admission, value stage, merge and the banks. Its cycles are
// those of docs/contract/timing.md, section 4. "Pulse in t" means: combinational in t, so a
// register behind it is visible from t+1. The engine keeps no tickets: they travel with the
// command. Two places wait for the scoreboard's answer: the head of the queue, and the lane group
// to be admitted next.
module tessera_compute_engine #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned LANES = 2,
  parameter int unsigned INTERLEAVE = 4,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,         // synchronous
  input  logic                                clear_i,        // soft reset; the banks stay
  input  logic [63:0]                         cycle_i,        // free-running; differences matter
  input  logic                                key_ranges_i,   // a fuse, as in queue_i
  // <-> compute queue: an ATTEND that passed the checks. Its grants must not depend on outputs.
  input  tessera_port_pkg::compute_req_t      queue_i,
  input  logic [tessera_mask_pkg::MaskWordsBits-1:0] queue_mask_i,  // words of its mask
  output tessera_port_pkg::queue_rsp_t        queue_o,        // pop: its last lane group enters
  // <-> scoreboard: the lane group to be admitted next; its grants in the same cycle
  output tessera_port_pkg::admit_req_t        admit_o,
  input  tessera_port_pkg::admit_rsp_t        admit_i,
  // <- error latch and the engines: registers (docs/contract/timing.md, section 7)
  input  logic                                halted_i,
  input  logic                                load_active_i,  // a load is under way
  input  logic                                store_active_i,
  output logic                                abort_o,        // pulse: the pipeline is dropped
  // -> scoreboard: touches that end, in the cycle before the contract's "visible"
  output tessera_port_pkg::compute_release_t  release_o,
  // -> store engine: rows merged by the touch after the last one that has ended (register)
  output logic [21:0]                         state_rows_o,   // bank b in [11*b +: 11]
  output logic [7:0]                          active_o,       // ATTENDs under way, at most 255
  // <- load engine
  input  tessera_port_pkg::bank_write_t       bank_write_i,
  input  logic [BUS_BYTES*8-1:0]              bank_data_i,
  // <-> store engine: data in the next cycle, held until the next read
  input  tessera_port_pkg::row_req_t          row_i,
  output tessera_port_pkg::row_rsp_t          row_o,
  output logic [D*32-1:0]                     row_out_o,      // column j in bits 32*j and up
  // Trace: a lane group is reported in the cycle in which its last valid row is written
  output tessera_port_pkg::event_t            start_o,
  output tessera_port_pkg::event_t            retire_o,
  output tessera_port_pkg::lane_group_event_t lane_group_o,
  // -> counters
  output tessera_port_pkg::compute_activity_t activity_o
);
  localparam int unsigned I = INTERLEAVE;
  // V + I*n grows by at least I*LANES from group to group, and S(g) >= V(g-4) + 1 - I*D - 5: so
  // many groups at most are between S and the end of their keys.
  localparam int unsigned LaneGroups = 7 + (I * D + 11) / (I * LANES);

  logic clear, unused_bits;
  assign clear = !rst_ni || clear_i;
  assign unused_bits = ^{queue_i, queue_mask_i};

  // ---- The head of the queue
  tessera_port_pkg::attend_t            attend;
  tessera_lane_group_pkg::score_group_t head_score;
  tessera_lane_group_pkg::value_group_t head_value;
  logic                                 granted;

  assign attend = queue_i.command;
  assign granted = queue_i.q_granted && queue_i.k_granted;
  always_comb begin
    head_score = '0;
    head_score.q_bank = attend.q_bank[0];
    head_score.k_bank = attend.k_bank[0];
    head_score.identity = attend.flags[tessera_pkg::FlagIdentity-8];
    head_score.rows = attend.rows[10:0];
    head_score.keys = attend.keys[10:0];
    head_score.factor = attend.factor;
    head_value = '0;
    head_value.v_bank = attend.v_bank[0];
    head_value.state_bank = attend.state_bank[0];
    head_value.continued = attend.flags[tessera_pkg::FlagContinue-8];
    head_value.identity = attend.flags[tessera_pkg::FlagIdentity-8];
    head_value.keys = attend.keys[10:0];
    head_value.d_v = attend.d_v[9:0];
    head_value.number = queue_i.number;
  end

  // ---- Score stage
  tessera_lane_group_pkg::value_group_t entered, admitted;
  tessera_lane_group_pkg::admission_t   admission;
  tessera_lane_group_pkg::bank_read_t   q_read, k_read, q_position_read, k_position_read;
  tessera_lane_group_pkg::score_write_t score_write;
  logic                                 enter, continuing, dropped, wait_v, wait_state;
  logic [D*LANES*16-1:0]                q_data;
  logic [D*16-1:0]                      k_data, v_data;
  logic [LANES*32-1:0]                  q_position, write_t;
  logic [31:0]                          k_position;
  logic [LANES-1:0]                     write_nan, write_saturated, write_allowed;

  tessera_score_stage #(
    .M(M), .D(D), .LANES(LANES), .INTERLEAVE(I), .LANE_GROUPS(LaneGroups)
  ) u_score (
    .clk_i, .clear_i(clear), .cycle_i, .key_ranges_i,
    .head_valid_i(queue_i.valid), .head_granted_i(granted), .halted_i,
    .head_score_i(head_score), .head_mask_i(tessera_mask_pkg::of_words(queue_mask_i)),
    .head_value_i(head_value), .head_positions_i(queue_i.positions), .head_d_k_i(attend.d_k[9:0]),
    .pop_o(queue_o.pop), .continuing_o(continuing),
    .lane_group_valid_o(enter), .lane_group_o(entered), .admit_i(admission), .abort_i(abort_o),
    .q_read_o(q_read), .k_read_o(k_read), .q_i(q_data), .k_i(k_data),
    .q_position_read_o(q_position_read), .k_position_read_o(k_position_read),
    .q_position_i(q_position), .k_position_i(k_position),
    .q_release_o(release_o.q), .k_release_o(release_o.k),
    .write_o(score_write), .t_o(write_t), .nan_o(write_nan), .saturated_o(write_saturated),
    .allowed_o(write_allowed)
  );
  assign queue_o.drop = halted_i && !continuing && queue_i.valid;

  tessera_admission #(.D(D), .LANES(LANES), .INTERLEAVE(I)) u_admission (
    .clk_i, .clear_i(clear), .cycle_i,
    .lane_group_valid_i(enter), .lane_group_i(entered), .tickets_i(queue_i.tickets),
    .admit_o, .admit_i, .halted_i, .load_active_i, .store_active_i,
    .abort_o, .dropped_o(dropped), .admission_o(admission), .admitted_o(admitted),
    .wait_v_o(wait_v), .wait_state_o(wait_state)
  );

  // ---- Value stage and merge
  tessera_lane_group_pkg::score_read_t  score_read;
  tessera_lane_group_pkg::bank_read_t   v_read, state_read;
  tessera_lane_group_pkg::capture_t     capture;
  tessera_lane_group_pkg::tile_read_t   tile_read;
  tessera_lane_group_pkg::row_word_t    state_word;
  tessera_lane_group_pkg::state_write_t state_write;
  tessera_lane_group_pkg::value_group_t finish_group, write_group;
  logic [LANES*32-1:0]                  read_t;
  logic [LANES-1:0]                     read_nan, read_allowed;
  logic [LANES*18-1:0]                  read_maximum, capture_maximum;
  logic [(D+1)*32-1:0]                  tile, state, state_data;
  logic                                 finish, write_last, value_busy, value_pending;

  tessera_score_buffer #(.M(M), .LANES(LANES), .INTERLEAVE(I)) u_buffer (
    .clk_i, .write_i(score_write), .t_i(write_t), .nan_i(write_nan),
    .saturated_i(write_saturated), .allowed_i(write_allowed),
    .read_i(score_read), .t_o(read_t), .nan_o(read_nan), .allowed_o(read_allowed),
    .maximum_o(read_maximum)
  );
  tessera_value_stage #(
    .M(M), .D(D), .LANES(LANES), .INTERLEAVE(I), .LANE_GROUPS(LaneGroups)
  ) u_value (
    .clk_i, .clear_i(clear), .cycle_i,
    .admit_i(admission.valid), .lane_group_i(admitted),
    .read_o(score_read), .t_i(read_t), .nan_i(read_nan), .allowed_i(read_allowed),
    .maximum_i(read_maximum), .v_read_o(v_read), .v_i(v_data), .v_release_o(release_o.v),
    .capture_o(capture), .capture_maximum_o(capture_maximum),
    .finish_o(finish), .finish_lane_group_o(finish_group), .tile_read_i(tile_read), .tile_o(tile),
    .busy_o(value_busy), .pending_o(value_pending)
  );
  tessera_merge #(.D(D), .LANES(LANES), .INTERLEAVE(I)) u_merge (
    .clk_i, .clear_i(clear),
    .capture_i(capture), .capture_maximum_i(capture_maximum),
    .start_i(finish), .lane_group_i(finish_group),
    .state_read_o(state_read), .state_i(state), .state_word_i(state_word),
    .tile_read_o(tile_read), .tile_i(tile),
    .write_o(state_write), .write_data_o(state_data), .write_last_o(write_last),
    .write_lane_group_o(write_group)
  );

  tessera_banks #(
    .M(M), .D(D), .LANES(LANES), .INTERLEAVE(I), .BUS_BYTES(BUS_BYTES)
  ) u_banks (
    .clk_i, .load_i(bank_write_i), .load_data_i(bank_data_i),
    .q_read_i(q_read), .k_read_i(k_read), .q_o(q_data), .k_o(k_data),
    .q_position_read_i(q_position_read), .k_position_read_i(k_position_read),
    .q_position_o(q_position), .k_position_o(k_position),
    .v_read_i(v_read), .v_o(v_data),
    .state_read_i(state_read), .state_o(state), .state_word_o(state_word),
    .state_write_i(state_write), .state_data_i(state_data),
    .store_read_i(row_i), .store_o(row_o), .store_columns_o(row_out_o)
  );

  tessera_attend_tracker u_tracker (
    .clk_i, .clear_i(clear), .start_i(start_o.valid),
    .admit_i(admission.valid && admitted.last), .dropped_i(dropped),
    .write_i(state_write), .write_last_i(write_last), .write_lane_group_i(write_group),
    .release_o(release_o.state), .active_o, .state_rows_o, .retire_o, .lane_group_o
  );

  // ---- Trace and counters
  logic head_waits;  // no lane group enters, and the next one is the first of its ATTEND
  assign head_waits = !q_read.valid && !continuing;
  assign start_o.valid = enter && !continuing;
  assign start_o.number = queue_i.number;

  assign activity_o.score_busy = q_read.valid;
  assign activity_o.score_stall_q = head_waits && queue_i.valid && !queue_i.q_granted;
  assign activity_o.score_stall_k = head_waits && queue_i.valid && queue_i.q_granted &&
                                    !queue_i.k_granted;
  assign activity_o.score_stall_buffer = !q_read.valid &&
                                         (continuing || (queue_i.valid && granted));
  assign activity_o.score_idle = head_waits && !queue_i.valid;

  assign activity_o.value_busy = value_busy;
  assign activity_o.value_stall_v = !value_busy && !value_pending && wait_v;
  assign activity_o.value_stall_state = !value_busy && !value_pending && wait_state;
  assign activity_o.value_stall_score = !value_busy && (value_pending || admission.valid);
  assign activity_o.value_idle = !value_busy && !value_pending && !admit_o.valid;

  assign activity_o.k_row_read = k_read.valid;
  assign activity_o.v_row_read = v_read.valid;
  assign activity_o.state_row_read = state_read.valid;
  assign activity_o.state_row_write = state_write.valid;
endmodule
