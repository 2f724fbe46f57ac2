// SPDX-License-Identifier: MIT
// The counters of spec/counters.h and their snapshot. Cycle counters run from the cycle after the
// first descriptor address was presented; events count always. When a FENCE retires in cycle r the
// snapshot takes what happened before r, and the FENCE itself; it is visible from r + 1 on.
module tessera_counters #(
  parameter int unsigned LANES = 2,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic        clk_i,
  input  logic        rst_ni,
  input  logic        clear_i,
  input  logic        snapshot_i,        // a FENCE retires
  // Read port: snapshot, word (low, high) by word
  input  logic [6:0]  word_i,
  output logic [31:0] value_o,
  // Engines
  input  logic        load_busy_i,
  input  logic        load_waits_i,      // not busy: a command is at the head
  input  logic        score_busy_i,
  input  logic        score_stall_q_i,
  input  logic        score_stall_k_i,
  input  logic        score_stall_buffer_i,
  input  logic        score_idle_i,
  input  logic        value_busy_i,
  input  logic        value_stall_v_i,
  input  logic        value_stall_state_i,
  input  logic        value_stall_score_i,
  input  logic        value_idle_i,
  input  logic        store_busy_i,
  input  logic        store_waits_i,
  // Bursts presented
  input  logic        front_read_i,
  input  logic        load_read_i,
  input  logic        load_index_i,
  input  logic [1:0]  load_kind_i,       // 0 Q, 1 K, 2 V, 3 state
  input  logic [8:0]  load_beats_i,
  input  logic        write_i,
  input  logic [1:0]  write_kind_i,      // 0 STORE_O, 1 STORE_STATE, 2 FENCE
  input  logic [8:0]  write_beats_i,
  // Banks
  input  logic        bank_write_i,
  input  logic [1:0]  bank_write_kind_i,
  input  logic        bank_write_row_last_i,
  input  logic        k_row_read_i,
  input  logic        v_row_read_i,
  input  logic        merge_read_i,
  input  logic        merge_write_i,
  input  logic        store_row_read_i,
  // Commands and rows
  input  logic        load_retired_i,
  input  logic        compute_retired_i,
  input  logic        store_retired_i,
  input  logic        row_empty_i,
  input  logic        row_nan_i,
  input  logic        row_saturated_i,
  input  logic        row_div0_i
);
  localparam int unsigned N = tessera_pkg::Counters;
  localparam int unsigned StepBits = 16;

  logic [63:0] count_q[N];
  logic [63:0] snapshot_q[N];
  logic [N*StepBits-1:0] step;
  logic open_q;

  logic [StepBits-1:0] load_bytes, write_bytes;
  assign load_bytes = StepBits'(load_beats_i) * StepBits'(BUS_BYTES);
  assign write_bytes = StepBits'(write_beats_i) * StepBits'(BUS_BYTES);

  always_comb begin
    step = '0;
    if (open_q) begin
      step[tessera_pkg::CntCycles*StepBits] = 1'b1;
      step[tessera_pkg::CntLoadBusy*StepBits] = load_busy_i;
      step[tessera_pkg::CntLoadStall*StepBits] = !load_busy_i && load_waits_i;
      step[tessera_pkg::CntLoadIdle*StepBits] = !load_busy_i && !load_waits_i;
      step[tessera_pkg::CntScoreBusy*StepBits] = score_busy_i;
      step[tessera_pkg::CntScoreStallQ*StepBits] = score_stall_q_i;
      step[tessera_pkg::CntScoreStallK*StepBits] = score_stall_k_i;
      step[tessera_pkg::CntScoreStallBuffer*StepBits] = score_stall_buffer_i;
      step[tessera_pkg::CntScoreIdle*StepBits] = score_idle_i;
      step[tessera_pkg::CntValueBusy*StepBits] = value_busy_i;
      step[tessera_pkg::CntValueStallV*StepBits] = value_stall_v_i;
      step[tessera_pkg::CntValueStallState*StepBits] = value_stall_state_i;
      step[tessera_pkg::CntValueStallScore*StepBits] = value_stall_score_i;
      step[tessera_pkg::CntValueIdle*StepBits] = value_idle_i;
      step[tessera_pkg::CntStoreBusy*StepBits] = store_busy_i;
      step[tessera_pkg::CntStoreStall*StepBits] = !store_busy_i && store_waits_i;
      step[tessera_pkg::CntStoreIdle*StepBits] = !store_busy_i && !store_waits_i;
    end
    if (load_read_i) begin
      unique case ({load_index_i, load_kind_i})
        3'd0: step[tessera_pkg::CntBytesQ*StepBits+:StepBits] = load_bytes;
        3'd1: step[tessera_pkg::CntBytesK*StepBits+:StepBits] = load_bytes;
        3'd2: step[tessera_pkg::CntBytesV*StepBits+:StepBits] = load_bytes;
        3'd3: step[tessera_pkg::CntBytesStateRead*StepBits+:StepBits] = load_bytes;
        default: step[tessera_pkg::CntBytesIndex*StepBits+:StepBits] = load_bytes;
      endcase
    end
    if (front_read_i) begin
      step[tessera_pkg::CntBytesDescriptor*StepBits+:StepBits] = StepBits'(tessera_pkg::LineBytes);
    end
    if (write_i) begin
      unique case (write_kind_i)
        2'd0: step[tessera_pkg::CntBytesO*StepBits+:StepBits] = write_bytes;
        2'd1: step[tessera_pkg::CntBytesStateWrite*StepBits+:StepBits] = write_bytes;
        default: step[tessera_pkg::CntBytesRecord*StepBits+:StepBits] = write_bytes;
      endcase
    end
    step[tessera_pkg::CntReadBursts*StepBits] = front_read_i || load_read_i;
    step[tessera_pkg::CntWriteBursts*StepBits] = write_i;
    step[tessera_pkg::CntSramQWrite*StepBits] = bank_write_i && bank_write_kind_i == 2'd0;
    step[tessera_pkg::CntSramKWrite*StepBits] = bank_write_i && bank_write_kind_i == 2'd1;
    step[tessera_pkg::CntSramVWrite*StepBits] = bank_write_i && bank_write_kind_i == 2'd2;
    if (score_busy_i) begin
      step[tessera_pkg::CntSramQRead*StepBits+:StepBits] = StepBits'(LANES);
      step[tessera_pkg::CntSramScoreWrite*StepBits+:StepBits] = StepBits'(LANES);
    end
    step[tessera_pkg::CntSramKRead*StepBits] = k_row_read_i;
    step[tessera_pkg::CntSramVRead*StepBits] = v_row_read_i;
    if (value_busy_i) begin
      step[tessera_pkg::CntSramScoreRead*StepBits+:StepBits] = StepBits'(LANES);
    end
    step[tessera_pkg::CntSramStateWrite*StepBits+:2] =
        2'(merge_write_i) +
        2'(bank_write_i && bank_write_kind_i == 2'd3 && bank_write_row_last_i);
    step[tessera_pkg::CntSramStateRead*StepBits+:2] = 2'(merge_read_i) + 2'(store_row_read_i);
    step[tessera_pkg::CntCommandsRetired*StepBits+:2] =
        2'(load_retired_i) + 2'(compute_retired_i) + 2'(store_retired_i);
    step[tessera_pkg::CntAttendsRetired*StepBits] = compute_retired_i;
    step[tessera_pkg::CntRowsEmpty*StepBits] = row_empty_i;
    step[tessera_pkg::CntRowsNan*StepBits] = row_nan_i;
    step[tessera_pkg::CntRowsSaturated*StepBits] = row_saturated_i;
    step[tessera_pkg::CntRowsDiv0*StepBits] = row_div0_i;
  end

  logic [63:0] shown;
  assign shown = word_i[6:1] < 6'(N) ? snapshot_q[word_i[6:1]] : '0;
  assign value_o = word_i[0] ? shown[63:32] : shown[31:0];

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) begin
      open_q <= 1'b0;
      for (int unsigned i = 0; i < N; i++) count_q[i] <= '0;
      for (int unsigned i = 0; i < N; i++) snapshot_q[i] <= '0;
    end else begin
      if (front_read_i) open_q <= 1'b1;
      for (int unsigned i = 0; i < N; i++) begin
        count_q[i] <= count_q[i] + 64'(step[i*StepBits+:StepBits]);
      end
      if (snapshot_i) begin
        for (int unsigned i = 0; i < N; i++) snapshot_q[i] <= count_q[i];
        snapshot_q[tessera_pkg::CntCommandsRetired] <=
            count_q[tessera_pkg::CntCommandsRetired] + 64'd1;
      end
    end
  end

`ifndef SYNTHESIS
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   $onehot({score_busy_i, score_stall_q_i, score_stall_k_i, score_stall_buffer_i,
                            score_idle_i}));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   $onehot({value_busy_i, value_stall_v_i, value_stall_state_i,
                            value_stall_score_i, value_idle_i}));
`endif
endmodule
