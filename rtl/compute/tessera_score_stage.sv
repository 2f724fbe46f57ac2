// SPDX-License-Identifier: MIT
// First half of the compute engine. The keys of a lane group enter one a cycle; S is the cycle of
// the first. Their scores are scaled, masked and written to the score buffer. The
// stage starts ATTENDs and hands every group over in the cycle of its S.
module tessera_score_stage #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned LANES = 2,
  parameter int unsigned INTERLEAVE = 4,
  parameter int unsigned LANE_GROUPS = 16  // lane groups between S and the end of their keys
) (
  input  logic                                 clk_i,
  input  logic                                 clear_i,
  input  logic [63:0]                          cycle_i,
  input  logic                                 key_ranges_i,
  // <-> compute queue. Of the records, what varies from group to group is not used. `keys` are
  // those of the command.
  input  logic                                 head_valid_i,
  input  logic                                 head_granted_i,  // Q and K
  input  logic                                 halted_i,
  input  tessera_lane_group_pkg::score_group_t head_score_i,
  input  logic [tessera_mask_pkg::MaskBits-1:0] head_mask_i,  // of all its groups
  input  tessera_lane_group_pkg::value_group_t head_value_i,
  input  tessera_port_pkg::tile_positions_t    head_positions_i,
  input  logic [9:0]                           head_d_k_i,
  output logic                                 pop_o,           // pulse: its last group enters
  output logic                                 continuing_o,    // register: it has started
  // <-> admission
  output logic                                 lane_group_valid_o,  // pulse: S
  output tessera_lane_group_pkg::value_group_t lane_group_o,
  input  tessera_lane_group_pkg::admission_t   admit_i,             // pulse: of the oldest group
  input  logic                                 abort_i,
  // <-> operand and position banks
  output tessera_lane_group_pkg::bank_read_t   q_read_o,            // rows LANES*row_index ...
  output tessera_lane_group_pkg::bank_read_t   k_read_o,
  input  logic [D*LANES*16-1:0]                q_i,
  input  logic [D*16-1:0]                      k_i,
  output tessera_lane_group_pkg::bank_read_t   q_position_read_o,
  output tessera_lane_group_pkg::bank_read_t   k_position_read_o,
  input  logic [LANES*32-1:0]                  q_position_i,
  input  logic [31:0]                          k_position_i,
  // Q and K of a command are read for the last time (pulse)
  output tessera_port_pkg::release_t           q_release_o,
  output tessera_port_pkg::release_t           k_release_o,
  // -> score buffer
  output tessera_lane_group_pkg::score_write_t write_o,
  output logic [LANES*32-1:0]                  t_o,
  output logic [LANES-1:0]                     nan_o,
  output logic [LANES-1:0]                     saturated_o,
  output logic [LANES-1:0]                     allowed_o
);
  localparam int unsigned GroupRows = LANES * INTERLEAVE;
  localparam int unsigned Latency = INTERLEAVE * D;  // from cell 0 to the end of the chain
  localparam int unsigned TurnBits = INTERLEAVE > 1 ? $clog2(INTERLEAVE) : 1;

  // ---- Entry: when, and which rows
  logic        continuing_q;                // groups of the head are left
  logic [9:0]  index_q, first_row_q;
  // Groups in the score buffer, by their numbers modulo ScoreLaneGroups.
  logic [1:0]  slot_q, admit_slot_q;        // of the next group to enter, to be admitted
  logic [3:0]  free_known_q;                // it is admitted: when another may take its place
  logic [63:0] free_q [4];
  logic [10:0] first_entry_q;
  logic [10:0] room_q [4];                  // entries of the groups 1 to 4 before the next
  logic        enter, last, busy;
  logic [10:0] rows_left, rows, keys;
  logic [9:0]  first_key;
  tessera_lane_group_pkg::score_group_t entering;

  assign rows_left = head_score_i.rows - {1'b0, first_row_q};
  assign last = rows_left <= 11'(GroupRows);
  assign enter = (continuing_q || (head_valid_i && head_granted_i && !halted_i)) && !busy &&
                 maxima_free && scores_free && !abort_i;
  assign pop_o = enter && last;
  assign rows = last ? rows_left : 11'(GroupRows);
  assign {first_key, keys} = tessera_mask_pkg::key_range(
      head_mask_i, head_positions_i.known, head_positions_i.q + 32'(first_row_q),
      head_positions_i.k, rows, head_score_i.keys);
  assign continuing_o = continuing_q;

  // ---- Entry: is there room in the score buffer?
  // The last entry that the group overwrites is of the group `back` groups before it; that one must
  // have read `ahead` keys more than its first when this one's scores arrive (spec/key_range.h).
  localparam int unsigned Entries = 2 * M;
  logic               maxima_free, scores_free;
  logic [10:0]        room, next_entry;
  logic [11:0]        behind;
  logic signed [14:0] room2, room3, room4, ahead;
  logic [1:0]         read_slot;
  logic [63:0]        read_free;

  assign room = key_ranges_i ? keys : 11'(M);
  assign behind = 12'(first_entry_q) + 12'(room);
  assign next_entry = 11'(behind < 12'(Entries) ? behind : behind - 12'(Entries));
  assign room2 = 15'(room_q[0]) + 15'(room_q[1]) - 15'(Entries);
  assign room3 = room2 + 15'(room_q[2]);
  assign room4 = room3 + 15'(room_q[3]);
  always_comb begin
    if (room2 + $signed({4'd0, room}) > 15'sd0) begin
      read_slot = slot_q - 2'd2;
      ahead = room2;
    end else if (room3 + $signed({4'd0, room}) > 15'sd0) begin
      read_slot = slot_q - 2'd3;
      ahead = room3;
    end else begin
      read_slot = slot_q;
      ahead = room4 > 15'sd0 ? room4 : 15'sd0;
    end
  end
  assign read_free = free_q[read_slot] + 64'(ahead) * 64'(INTERLEAVE);
  assign maxima_free = free_known_q[slot_q] && cycle_i >= free_q[slot_q];
  assign scores_free = free_known_q[read_slot] && $signed(cycle_i) >= $signed(read_free);

  always_comb begin
    entering = head_score_i;
    entering.last = last;
    entering.index = index_q;
    entering.first_row = first_row_q;
    entering.first_key = first_key;
    entering.keys = keys;
    entering.slot = slot_q;
    entering.first_entry = first_entry_q;
    lane_group_o = head_value_i;
    lane_group_o.last = last;
    lane_group_o.index = index_q;
    lane_group_o.first_row = first_row_q;
    lane_group_o.rows = rows;
    lane_group_o.first_key = first_key;
    lane_group_o.keys = keys;
    lane_group_o.slot = slot_q;
    lane_group_o.first_entry = first_entry_q;
    lane_group_o.score_start = cycle_i;
  end
  assign lane_group_valid_o = enter;

  always_ff @(posedge clk_i) begin
    if (clear_i) begin
      continuing_q <= 1'b0;
      index_q <= 10'd0;
      first_row_q <= 10'd0;
      slot_q <= 2'd0;
      admit_slot_q <= 2'd0;
      free_known_q <= '1;
      first_entry_q <= 11'd0;
      for (int s = 0; s < 4; s++) begin
        free_q[s] <= 64'd0;
        room_q[s] <= 11'd0;
      end
    end else begin
      if (enter) begin
        continuing_q <= !last;
        index_q <= last ? 10'd0 : index_q + 10'd1;
        first_row_q <= last ? 10'd0 : first_row_q + 10'(GroupRows);
        slot_q <= slot_q + 2'd1;
        free_known_q[slot_q] <= 1'b0;
        first_entry_q <= next_entry;
        room_q[0] <= room;
        for (int s = 1; s < 4; s++) room_q[s] <= room_q[s-1];
      end
      if (admit_i.valid) begin
        admit_slot_q <= admit_slot_q + 2'd1;
        free_known_q[admit_slot_q] <= 1'b1;
        free_q[admit_slot_q] <= admit_i.free;
      end
      if (abort_i) continuing_q <= 1'b0;
    end
  end

  // ---- Entry: keys
  tessera_lane_group_pkg::key_step_t step;
  logic       q_bank_q, k_bank_q;
  logic [9:0] index_now_q, d_k_q, first_key_q;
  logic       unused_step;

  tessera_key_counter #(.INTERLEAVE(INTERLEAVE)) u_enter (
    .clk_i, .clear_i, .start_i(enter), .keys_i(keys), .busy_o(busy), .step_o(step)
  );
  assign unused_step = ^step;

  always_ff @(posedge clk_i)
    if (enter) begin
      q_bank_q <= head_score_i.q_bank;
      k_bank_q <= head_score_i.k_bank;
      index_now_q <= index_q;
      d_k_q <= head_d_k_i;
      first_key_q <= first_key;
    end

  assign q_read_o.valid = step.valid;
  assign q_read_o.bank = enter ? head_score_i.q_bank : q_bank_q;
  assign q_read_o.row_index = (enter ? index_q : index_now_q) * 10'(INTERLEAVE) + 10'(step.turn);
  assign k_read_o.valid = step.valid && step.turn == 3'd0;
  assign k_read_o.bank = enter ? head_score_i.k_bank : k_bank_q;
  assign k_read_o.row_index = (enter ? first_key : first_key_q) + step.key;

  // ---- The chains
  logic [LANES*32-1:0] sum;
  tessera_score_array #(.D(D), .LANES(LANES), .INTERLEAVE(INTERLEAVE)) u_array (
    .clk_i, .clear_i, .valid_i(step.valid), .cols_i(enter ? head_d_k_i : d_k_q), .q_i, .k_i,
    .sum_o(sum)
  );

  // ---- End of the chains, INTERLEAVE*D cycles later (t0): the same keys once more
  logic                                 start_t0;
  tessera_lane_group_pkg::key_step_t    step_t0;
  tessera_lane_group_pkg::score_group_t next_group, group_t0, group_t1;
  logic [tessera_mask_pkg::MaskBits-1:0] next_mask, mask_t1;
  logic                                 unused_valid, unused_busy_t0, unused_t0;
  assign unused_t0 = ^{step_t0, group_t0};

  tessera_delay #(.WIDTH(1), .CYCLES(Latency)) u_start (
    .clk_i, .clear_i, .d_i(enter), .q_o(start_t0)
  );
  tessera_lane_group_fifo #(
    .WIDTH(tessera_mask_pkg::MaskBits + $bits(entering)), .DEPTH(LANE_GROUPS)
  ) u_groups (
    .clk_i, .clear_i, .push_i(enter), .data_i({head_mask_i, entering}), .valid_o(unused_valid),
    .head_o({next_mask, next_group}), .pop_i(start_t0)
  );
  tessera_key_counter #(.INTERLEAVE(INTERLEAVE)) u_leave (
    .clk_i, .clear_i, .start_i(start_t0), .keys_i(next_group.keys), .busy_o(unused_busy_t0),
    .step_o(step_t0)
  );

  assign group_t0 = start_t0 ? next_group : group_t1;
  assign q_position_read_o.valid = step_t0.valid;
  assign q_position_read_o.bank = group_t0.q_bank;
  assign q_position_read_o.row_index = group_t0.index * 10'(INTERLEAVE) + 10'(step_t0.turn);
  assign k_position_read_o.valid = step_t0.valid;
  assign k_position_read_o.bank = group_t0.k_bank;
  assign k_position_read_o.row_index = group_t0.first_key + step_t0.key;
  assign q_release_o.valid = step_t0.done && group_t0.last;
  assign q_release_o.bank = group_t0.q_bank;
  assign k_release_o.valid = step_t0.done && group_t0.last;
  assign k_release_o.bank = group_t0.k_bank;

  logic                valid_t1, valid_t2, valid_t4;
  logic [10:0]         entry_t1;
  logic [9:0]          key_t1, row_t1;
  logic [TurnBits-1:0] turn_t1, write_turn;
  logic [31:0]         factor_t2;
  logic                identity_t4;
  logic [LANES-1:0]    allowed_t3;

  always_ff @(posedge clk_i) begin
    valid_t1 <= step_t0.valid && !clear_i;
    if (start_t0) group_t1 <= next_group;
    if (start_t0) mask_t1 <= next_mask;
    if (step_t0.valid) begin
      key_t1 <= step_t0.key;
      entry_t1 <= tessera_lane_group_pkg::entry_of(group_t0.first_entry, step_t0.key, 12'(Entries));
      turn_t1 <= step_t0.turn[TurnBits-1:0];
      row_t1 <= group_t0.first_row + 10'(LANES) * 10'(step_t0.turn);
    end
    valid_t2 <= valid_t1 && !clear_i;
    factor_t2 <= group_t1.factor;
  end

  // ---- Mask: two cycles from t1, then waits for the score
  tessera_mask_unit #(.LANES(LANES)) u_mask (
    .clk_i, .valid_i(valid_t1), .key_i(group_t1.first_key + key_t1), .k_position_i, .row_i(row_t1),
    .rows_i(group_t1.rows), .q_position_i, .mask_i(mask_t1), .allowed_o(allowed_t3)
  );
  tessera_delay #(.WIDTH(LANES), .CYCLES(2)) u_allowed (
    .clk_i, .clear_i, .d_i(allowed_t3), .q_o(allowed_o)
  );

  // ---- Scale (t2, t3), convert (t4), write (t5)
  tessera_delay #(.WIDTH(2), .CYCLES(3)) u_convert (
    .clk_i, .clear_i, .d_i({valid_t1, group_t1.identity}), .q_o({valid_t4, identity_t4})
  );
  for (genvar l = 0; l < LANES; l++) begin : g_lane
    logic [31:0] scaled;
    tessera_fp_mul u_scale (
      .clk_i, .valid_i(valid_t2), .a_i(sum[l*32 +: 32]), .b_i(factor_t2), .product_o(scaled)
    );
    tessera_to_score u_convert (
      .clk_i, .valid_i(valid_t4), .identity_i(identity_t4), .scaled_i(scaled),
      .t_o(t_o[l*32 +: 32]), .nan_o(nan_o[l]), .saturated_o(saturated_o[l])
    );
  end
  tessera_delay #(.WIDTH(5 + 11 + TurnBits), .CYCLES(4)) u_write (
    .clk_i, .clear_i,
    .d_i({valid_t1, key_t1 == 10'd0, group_t1.identity, group_t1.slot, entry_t1, turn_t1}),
    .q_o({write_o.valid, write_o.first, write_o.identity, write_o.slot, write_o.entry, write_turn})
  );
  assign write_o.turn = 3'(write_turn);

`ifndef SYNTHESIS
  always_ff @(posedge clk_i)
    if (!clear_i && admit_i.valid)
      assert (!free_known_q[admit_slot_q]) else $error("group admitted twice");
`endif
endmodule
