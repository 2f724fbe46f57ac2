// SPDX-License-Identifier: MIT
// The compute engine: score stage, value stage, merge, all operand and state banks. Cycles are those
// of docs/contract/timing.md, section 4. "Pulse in t" means: combinational in t, so a register
// behind it is visible from t+1. It keeps no tickets: they travel with the command, and the scoreboard outside
// answers for the two places that wait (head of the queue; lane group to be admitted next).
module tessera_compute_engine #(
  parameter int unsigned M          = 16,
  parameter int unsigned D          = 16,
  parameter int unsigned LANES      = 2,
  parameter int unsigned INTERLEAVE = 4,
  parameter int unsigned BUS_BYTES  = 16,
  parameter int unsigned TicketBits = 32   // opaque, returned with the group to be admitted
) (
  input  logic                   clk_i,
  input  logic                   rst_ni,        // synchronous; both clear control, not the banks
  input  logic                   srst_i,        // soft reset
  input  logic [63:0]            cycle_i,       // free-running; only differences matter

  // Head of the compute queue (an ATTEND that passed the checks). Must not change until pop_o.
  input  logic                   head_valid_i,
  input  logic [31:0]            head_sequence_i,
  input  logic [TicketBits-1:0]  head_tickets_i,  // of V and state, for the admit_ query
  input  logic [10:0]            head_rows_i,
  input  logic [10:0]            head_keys_i,
  input  logic [9:0]             head_d_k_i,
  input  logic [9:0]             head_d_v_i,
  input  logic                   head_q_bank_i,
  input  logic                   head_k_bank_i,
  input  logic                   head_v_bank_i,
  input  logic                   head_state_bank_i,
  input  logic                   head_continue_i,
  input  logic                   head_identity_i,
  input  logic [31:0]            head_factor_i,
  input  logic [7:0]             head_mask_flags_i,
  input  logic [31:0]            head_window_i,
  input  logic [31:0]            head_sinks_i,
  input  logic [31:0]            head_block_i,
  input  logic [31:0]            head_tail_i,
  input  logic [10:0]            head_free_from_i,
  input  logic [10:0]            head_diag_group_i,
  input  logic [31:0]            head_prefix_i,
  input  logic                   q_granted_i,   // tickets of the head; must not depend on outputs
  input  logic                   k_granted_i,
  output logic                   pop_o,         // pulse: the head's last lane group enters
  output logic                   drop_o,        // pulse: halted, everything queued is dropped

  // The lane group to be admitted next, and its grants (combinational answer to admit_*).
  output logic                   admit_valid_o,
  output logic                   admit_v_bank_o,
  output logic                   admit_state_bank_o,
  output logic [TicketBits-1:0]  admit_tickets_o,
  input  logic                   v_granted_i,
  input  logic                   state_granted_i,

  // Errors (docs/contract/timing.md, section 7), all as registers visible in this cycle.
  input  logic                   halted_i,
  input  logic                   load_active_i,  // a load has started and is not over
  input  logic                   store_active_i,
  output logic [7:0]             active_o,       // ATTENDs started and not over, at most 255 shown
  output logic                   abort_o,          // pulse: the pipeline is dropped in this cycle

  // Bank touches of an ATTEND that are over: pulse in the cycle before the contract's "visible".
  output logic                   q_release_o,
  output logic                   q_release_bank_o,
  output logic                   k_release_o,
  output logic                   k_release_bank_o,
  output logic                   v_release_o,
  output logic                   v_release_bank_o,
  output logic                   state_release_o,
  output logic                   state_release_bank_o,
  // Rows merged by the touch after the last one that is over (register): bank b in [11*b +: 11].
  output logic [21:0]            state_rows_o,

  // Bank writes by the load engine: one beat of one row. Kind 0 Q, 1 K, 2 V, 3 state.
  input  logic                   load_valid_i,
  input  logic [1:0]             load_kind_i,
  input  logic                   load_bank_i,
  input  logic [9:0]             load_row_i,
  input  logic [7:0]             load_beat_i,      // within the row; state: beat 0 is {l, m|flags}
  input  logic [BUS_BYTES*8-1:0] load_data_i,
  input  logic [31:0]            load_position_i,  // of the row, Q and K; with every beat

  // State rows read by the store engine: data in the next cycle, held until the next read.
  input  logic                   store_read_i,
  input  logic                   store_bank_i,
  input  logic [9:0]             store_row_i,
  output logic [D*32-1:0]        store_o_o,        // column j in bits 32*j and up
  output logic [31:0]            store_l_o,
  output logic [15:0]            store_m_o,
  output logic [15:0]            store_flags_o,

  // Trace. A group is reported in the cycle in which its last valid row is written.
  output logic                   start_o,          // pulse: S of a command's first group
  output logic [31:0]            start_sequence_o,
  output logic                   retire_o,         // pulse: the command's last row is written
  output logic [31:0]            retire_sequence_o,
  output logic                   group_o,
  output logic [31:0]            group_sequence_o,
  output logic [9:0]             group_index_o,
  output logic [10:0]            group_keys_o,
  output logic [63:0]            group_score_o,    // S
  output logic [63:0]            group_value_o,    // V; the last row's cycle is cycle_i

  // Counters: increments of this cycle. Exactly one of each five is set.
  output logic                   score_busy_o,     // also LANES Q rows read, LANES scores written
  output logic                   score_stall_q_o,
  output logic                   score_stall_k_o,
  output logic                   score_stall_buffer_o,
  output logic                   score_idle_o,
  output logic                   value_busy_o,     // also LANES scores read
  output logic                   value_stall_v_o,
  output logic                   value_stall_state_o,
  output logic                   value_stall_score_o,
  output logic                   value_idle_o,
  output logic                   k_row_read_o,
  output logic                   v_row_read_o,
  output logic                   state_row_read_o,   // by a merge
  output logic                   state_row_write_o   // by a merge
);
  localparam int unsigned I           = INTERLEAVE;
  localparam int unsigned TurnBits    = (I > 1) ? $clog2(I) : 1;
  localparam int unsigned LaneBits    = (LANES > 1) ? $clog2(LANES) : 1;
  localparam int unsigned BlockBits   = (M > LANES) ? $clog2(M / LANES) : 1;
  localparam int unsigned RowBits     = (M > 1) ? $clog2(M) : 1;
  // V + I*n grows by at least I*LANES from group to group, and S(g) >= V(g-2) + 1 - I*D - 5: so many
  // groups at most are between S and the end of their keys.
  localparam int unsigned GroupsDepth = 5 + (I * D + 11) / (I * LANES);

  typedef enum logic [1:0] { KindQ = 2'd0, KindK = 2'd1, KindV = 2'd2, KindState = 2'd3 } kind_e;

  logic clear, unused_bits;
  assign clear       = !rst_ni || srst_i;
  assign unused_bits = ^{q_block, k_row, q_position_block, k_position_row, v_row, waiting,
                         merge_group, merge_row_read};

  // ---- Score stage
  tessera_group_pkg::score_group_t head_score;
  tessera_group_pkg::value_group_t head_value, group, waiting;
  logic                  continuing, group_valid, admit, abort;
  logic [63:0]           admit_free;
  logic                  q_read, q_bank, k_read, k_bank, position_read, q_position_bank;
  logic                  k_position_bank, score_release;
  logic [9:0]            q_block, k_row, q_position_block, k_position_row;
  logic [D*LANES*16-1:0] q_data;
  logic [D*16-1:0]       k_data, v_data;
  logic [LANES*32-1:0]   q_position;
  logic [31:0]           k_position;
  logic                  score_write, score_write_buffer, score_write_identity;
  logic [9:0]            score_write_key;
  logic [TurnBits-1:0]   score_write_turn;
  logic [LANES*32-1:0]   score_write_t;
  logic [LANES-1:0]      score_write_nan, score_write_saturated, score_write_allowed;

  always_comb begin
    head_score            = '0;
    head_score.q_bank     = head_q_bank_i;
    head_score.k_bank     = head_k_bank_i;
    head_score.identity   = head_identity_i;
    head_score.rows       = head_rows_i;
    head_score.keys       = head_keys_i;
    head_score.factor     = head_factor_i;
    head_score.mask_flags = head_mask_flags_i;
    head_score.window     = head_window_i;
    head_score.sinks      = head_sinks_i;
    head_score.block      = head_block_i;
    head_score.tail       = head_tail_i;
    head_score.free_from  = head_free_from_i;
    head_score.diag_group = head_diag_group_i;
    head_score.prefix     = head_prefix_i;
    head_value                 = '0;
    head_value.v_bank          = head_v_bank_i;
    head_value.state_bank      = head_state_bank_i;
    head_value.continued       = head_continue_i;
    head_value.identity        = head_identity_i;
    head_value.keys            = head_keys_i;
    head_value.d_v             = head_d_v_i;
    head_value.sequence_number = head_sequence_i;
  end

  tessera_score_stage #(
    .D(D), .LANES(LANES), .INTERLEAVE(I), .GroupsDepth(GroupsDepth)
  ) u_score (
    .clk_i              (clk_i),
    .clear_i            (clear),
    .cycle_i            (cycle_i),
    .head_valid_i       (head_valid_i),
    .head_granted_i     (q_granted_i && k_granted_i),
    .halted_i           (halted_i),
    .head_score_i       (head_score),
    .head_value_i       (head_value),
    .head_d_k_i         (head_d_k_i),
    .pop_o              (pop_o),
    .continuing_o       (continuing),
    .group_valid_o      (group_valid),
    .group_o            (group),
    .admit_i            (admit),
    .admit_free_i       (admit_free),
    .abort_i            (abort),
    .q_read_o           (q_read),
    .q_bank_o           (q_bank),
    .q_block_o          (q_block),
    .k_read_o           (k_read),
    .k_bank_o           (k_bank),
    .k_row_o            (k_row),
    .q_i                (q_data),
    .k_i                (k_data),
    .position_read_o    (position_read),
    .q_position_bank_o  (q_position_bank),
    .q_position_block_o (q_position_block),
    .k_position_bank_o  (k_position_bank),
    .k_position_row_o   (k_position_row),
    .q_position_i       (q_position),
    .k_position_i       (k_position),
    .release_o          (score_release),
    .release_q_bank_o   (q_release_bank_o),
    .release_k_bank_o   (k_release_bank_o),
    .write_o            (score_write),
    .write_buffer_o     (score_write_buffer),
    .write_key_o        (score_write_key),
    .write_turn_o       (score_write_turn),
    .write_identity_o   (score_write_identity),
    .t_o                (score_write_t),
    .nan_o              (score_write_nan),
    .saturated_o        (score_write_saturated),
    .allowed_o          (score_write_allowed)
  );

  // ---- Value stage and merge
  logic                            score_read, score_read_buffer;
  logic [9:0]                      score_read_key;
  logic [TurnBits-1:0]             score_read_turn;
  logic [LANES*32-1:0]             score_t;
  logic [LANES-1:0]                score_nan, score_allowed;
  logic [LANES*18-1:0]             score_maximum, capture_maximum;
  logic                            v_read, v_bank, capture, finish, tile_read;
  logic [9:0]                      v_row;
  logic [TurnBits-1:0]             capture_turn, tile_turn;
  logic [LaneBits-1:0]             tile_lane;
  logic [15:0]                     tile_delta;
  logic [(D+1)*32-1:0]             tile, merge_state, merge_data;
  logic [31:0]                     merge_state_word, merge_word;
  tessera_group_pkg::value_group_t finish_group, merge_group;
  logic                            merge_row_read, merge_read, merge_read_bank, merge_write;
  logic                            merge_write_bank, merge_last, merge_bank_q;
  logic [9:0]                      merge_read_row, merge_write_row, merge_cols;

  tessera_score_buffer #(.M(M), .LANES(LANES), .INTERLEAVE(I)) u_buffer (
    .clk_i          (clk_i),
    .write_i        (score_write),
    .write_buffer_i (score_write_buffer),
    .write_key_i    (score_write_key),
    .write_turn_i   (score_write_turn),
    .identity_i     (score_write_identity),
    .t_i            (score_write_t),
    .nan_i          (score_write_nan),
    .saturated_i    (score_write_saturated),
    .allowed_i      (score_write_allowed),
    .read_i         (score_read),
    .read_buffer_i  (score_read_buffer),
    .read_key_i     (score_read_key),
    .read_turn_i    (score_read_turn),
    .t_o            (score_t),
    .nan_o          (score_nan),
    .allowed_o      (score_allowed),
    .maximum_o      (score_maximum)
  );

  tessera_value_stage #(
    .D(D), .LANES(LANES), .INTERLEAVE(I), .TicketBits(TicketBits), .GroupsDepth(GroupsDepth)
  ) u_value (
    .clk_i             (clk_i),
    .clear_i           (clear),
    .cycle_i           (cycle_i),
    .group_valid_i     (group_valid),
    .group_i           (group),
    .group_tickets_i   (head_tickets_i),
    .waiting_o         (admit_valid_o),
    .waiting_group_o   (waiting),
    .waiting_tickets_o (admit_tickets_o),
    .v_granted_i       (v_granted_i),
    .state_granted_i   (state_granted_i),
    .admit_o           (admit),
    .admit_free_o      (admit_free),
    .halted_i          (halted_i),
    .load_active_i     (load_active_i),
    .store_active_i    (store_active_i),
    .abort_o           (abort),
    .read_o            (score_read),
    .read_buffer_o     (score_read_buffer),
    .read_key_o        (score_read_key),
    .read_turn_o       (score_read_turn),
    .t_i               (score_t),
    .nan_i             (score_nan),
    .allowed_i         (score_allowed),
    .maximum_i         (score_maximum),
    .v_read_o          (v_read),
    .v_bank_o          (v_bank),
    .v_row_o           (v_row),
    .v_i               (v_data),
    .release_o         (v_release_o),
    .release_bank_o    (v_release_bank_o),
    .capture_o         (capture),
    .capture_turn_o    (capture_turn),
    .capture_maximum_o (capture_maximum),
    .finish_o          (finish),
    .finish_group_o    (finish_group),
    .tile_read_i       (tile_read),
    .tile_turn_i       (tile_turn),
    .tile_lane_i       (tile_lane),
    .tile_delta_i      (tile_delta),
    .tile_o            (tile),
    .busy_o            (value_busy_o),
    .stall_v_o         (value_stall_v_o),
    .stall_state_o     (value_stall_state_o),
    .stall_score_o     (value_stall_score_o)
  );

  tessera_merge #(.D(D), .LANES(LANES), .INTERLEAVE(I)) u_merge (
    .clk_i             (clk_i),
    .clear_i           (clear),
    .capture_i         (capture),
    .capture_turn_i    (capture_turn),
    .capture_maximum_i (capture_maximum),
    .start_i           (finish),
    .group_i           (finish_group),
    .read_o            (merge_row_read),
    .read_state_o      (merge_read),
    .read_bank_o       (merge_read_bank),
    .read_row_o        (merge_read_row),
    .state_i           (merge_state),
    .state_word_i      (merge_state_word),
    .tile_read_o       (tile_read),
    .tile_turn_o       (tile_turn),
    .tile_lane_o       (tile_lane),
    .tile_delta_o      (tile_delta),
    .tile_i            (tile),
    .write_o           (merge_write),
    .write_bank_o      (merge_write_bank),
    .write_row_o       (merge_write_row),
    .write_cols_o      (merge_cols),
    .write_data_o      (merge_data),
    .write_word_o      (merge_word),
    .write_last_o      (merge_last),
    .write_group_o     (merge_group)
  );

  // ---- Operand banks and positions
  logic [BlockBits-1:0] load_block;
  assign load_block = BlockBits'(load_row_i / 10'(LANES));
  tessera_operand_bank #(
    .M(M), .D(D), .LANES(LANES), .SKEW(I), .BUS_BYTES(BUS_BYTES)
  ) u_q (
    .clk_i        (clk_i),
    .write_i      (load_valid_i && (load_kind_i == KindQ)),
    .write_bank_i (load_bank_i),
    .write_row_i  (load_row_i),
    .write_beat_i (load_beat_i),
    .write_data_i (load_data_i),
    .read_i       (q_read),
    .read_bank_i  (q_bank),
    .read_block_i (q_block[BlockBits-1:0]),
    .data_o       (q_data)
  );
  tessera_operand_bank #(.M(M), .D(D), .LANES(1), .SKEW(I), .BUS_BYTES(BUS_BYTES)) u_k (
    .clk_i        (clk_i),
    .write_i      (load_valid_i && (load_kind_i == KindK)),
    .write_bank_i (load_bank_i),
    .write_row_i  (load_row_i),
    .write_beat_i (load_beat_i),
    .write_data_i (load_data_i),
    .read_i       (k_read),
    .read_bank_i  (k_bank),
    .read_block_i (k_row[RowBits-1:0]),
    .data_o       (k_data)
  );
  tessera_operand_bank #(.M(M), .D(D), .LANES(1), .SKEW(0), .BUS_BYTES(BUS_BYTES)) u_v (
    .clk_i        (clk_i),
    .write_i      (load_valid_i && (load_kind_i == KindV)),
    .write_bank_i (load_bank_i),
    .write_row_i  (load_row_i),
    .write_beat_i (load_beat_i),
    .write_data_i (load_data_i),
    .read_i       (v_read),
    .read_bank_i  (v_bank),
    .read_block_i (v_row[RowBits-1:0]),
    .data_o       (v_data)
  );
  tessera_bank_column #(.WIDTH(32), .LANES(LANES), .AddrBits(BlockBits + 1)) u_q_position (
    .clk_i        (clk_i),
    .write_i      (load_valid_i && (load_kind_i == KindQ)),
    .write_addr_i ({load_bank_i, load_block}),
    .write_lane_i (LaneBits'(load_row_i % 10'(LANES))),
    .write_data_i (load_position_i),
    .read_i       (position_read),
    .read_addr_i  ({q_position_bank, q_position_block[BlockBits-1:0]}),
    .data_o       (q_position)
  );
  tessera_bank_column #(.WIDTH(32), .LANES(1), .AddrBits(RowBits + 1)) u_k_position (
    .clk_i        (clk_i),
    .write_i      (load_valid_i && (load_kind_i == KindK)),
    .write_addr_i ({load_bank_i, load_row_i[RowBits-1:0]}),
    .write_lane_i (1'b0),
    .write_data_i (load_position_i),
    .read_i       (position_read),
    .read_addr_i  ({k_position_bank, k_position_row[RowBits-1:0]}),
    .data_o       (k_position)
  );

  // ---- State banks
  logic [(D+1)*32-1:0] bank_merge [2];
  logic [(D+1)*32-1:0] bank_store [2];
  logic [31:0]         bank_merge_word [2];
  logic [31:0]         bank_store_word [2];
  logic                store_bank_q;

  for (genvar b = 0; b < 2; b++) begin : g_state
    tessera_state_bank #(.M(M), .D(D), .BUS_BYTES(BUS_BYTES)) u_bank (
      .clk_i        (clk_i),
      .merge_read_i (merge_read && (merge_read_bank == 1'(b))),
      .merge_row_i  (merge_read_row),
      .merge_o      (bank_merge[b]),
      .merge_word_o (bank_merge_word[b]),
      .store_read_i (store_read_i && (store_bank_i == 1'(b))),
      .store_row_i  (store_row_i),
      .store_o      (bank_store[b]),
      .store_word_o (bank_store_word[b]),
      .write_i      (merge_write && (merge_write_bank == 1'(b))),
      .write_row_i  (merge_write_row),
      .write_cols_i (merge_cols),
      .write_data_i (merge_data),
      .write_word_i (merge_word),
      .load_i       (load_valid_i && (load_kind_i == KindState) && (load_bank_i == 1'(b))),
      .load_row_i   (load_row_i),
      .load_beat_i  (load_beat_i),
      .load_data_i  (load_data_i)
    );
  end
  always_ff @(posedge clk_i) begin
    if (merge_read) merge_bank_q <= merge_read_bank;
    if (store_read_i) store_bank_q <= store_bank_i;
  end
  assign merge_state      = merge_bank_q ? bank_merge[1] : bank_merge[0];
  assign merge_state_word = merge_bank_q ? bank_merge_word[1] : bank_merge_word[0];
  assign {store_l_o, store_o_o}     = store_bank_q ? bank_store[1] : bank_store[0];
  assign {store_flags_o, store_m_o} = store_bank_q ? bank_store_word[1] : bank_store_word[0];

  // ---- What is over, rows merged, ATTENDs on their way
  logic       retire;
  logic [9:0] active_q;
  logic [9:0] complete_q, complete;  // all groups admitted, not retired
  logic       dropped_q;             // the others were dropped
  logic [21:0] state_rows_q;

  assign retire               = merge_write && merge_last && merge_group.last;
  assign admit_v_bank_o       = waiting.v_bank;
  assign admit_state_bank_o   = waiting.state_bank;
  assign abort_o              = abort;
  assign q_release_o          = score_release;
  assign k_release_o          = score_release;
  assign state_release_o      = retire;
  assign state_release_bank_o = merge_write_bank;
  assign state_rows_o         = state_rows_q;
  assign active_o             = (active_q > 10'd255) ? 8'd255 : active_q[7:0];
  assign drop_o               = halted_i && !continuing && head_valid_i;
  assign complete             = complete_q + {9'd0, admit && waiting.last} - {9'd0, retire};

  always_ff @(posedge clk_i) begin
    if (clear) begin
      active_q     <= 10'd0;
      complete_q   <= 10'd0;
      dropped_q    <= 1'b0;
      state_rows_q <= '0;
    end else begin
      complete_q <= complete;
      dropped_q  <= dropped_q || abort;
      // Dropped ATTENDs are over when the ones before them are.
      if ((dropped_q || abort) && (complete == 10'd0)) active_q <= 10'd0;
      else active_q <= active_q + {9'd0, start_o} - {9'd0, retire};
      if (merge_write)
        state_rows_q[merge_write_bank*11 +: 11] <= retire ? 11'd0 : {1'b0, merge_write_row} + 11'd1;
    end
  end

  // ---- Trace and counters
  assign start_o             = group_valid && !continuing;
  assign start_sequence_o    = head_sequence_i;
  assign retire_o            = retire;
  assign retire_sequence_o   = merge_group.sequence_number;
  assign group_o             = merge_write && merge_last;
  assign group_sequence_o    = merge_group.sequence_number;
  assign group_index_o       = merge_group.index;
  assign group_keys_o        = merge_group.keys;
  assign group_score_o       = merge_group.score;
  assign group_value_o       = merge_group.value;

  assign score_busy_o         = q_read;
  assign score_stall_buffer_o = !q_read && (continuing ||
                                            (head_valid_i && q_granted_i && k_granted_i));
  assign score_stall_q_o      = !q_read && !continuing && head_valid_i && !q_granted_i;
  assign score_stall_k_o      = !q_read && !continuing && head_valid_i && q_granted_i &&
                                !k_granted_i;
  assign score_idle_o         = !q_read && !continuing && !head_valid_i;
  assign value_idle_o         = !value_busy_o && !value_stall_v_o && !value_stall_state_o &&
                                !value_stall_score_o;
  assign k_row_read_o         = k_read;
  assign v_row_read_o         = v_read;
  assign state_row_read_o     = merge_read;
  assign state_row_write_o    = merge_write;
endmodule
