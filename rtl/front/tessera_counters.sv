// SPDX-License-Identifier: MIT
// The counters of spec/counters.h and their snapshot. Cycle counters run from the cycle after the
// first descriptor address was presented; events count always. When a FENCE retires in cycle r the
// snapshot takes what happened before r, and the FENCE itself; it is visible from r + 1 on.
module tessera_counters #(
  parameter int unsigned LANES = 2,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic                                clk_i,
  input  logic                                rst_ni,
  input  logic                                clear_i,
  input  logic                                snapshot_i,    // a FENCE retires
  // <-> registers: snapshot, word (low, high) by word
  input  logic [6:0]                          word_i,
  output logic [31:0]                         value_o,
  // What the units do in this cycle
  input  logic                                front_read_i,  // presents a descriptor line
  input  tessera_port_pkg::load_activity_t    load_i,
  input  tessera_port_pkg::bank_write_t       bank_write_i,
  input  tessera_port_pkg::compute_activity_t compute_i,
  input  tessera_port_pkg::store_activity_t   store_i,
  input  tessera_port_pkg::engines_t          retired_i
);
  localparam int unsigned N = tessera_pkg::Counters;
  localparam int unsigned StepBits = 16;

  logic [63:0] count_q[N];
  logic [63:0] snapshot_q[N];
  logic [N*StepBits-1:0] step;
  logic open_q;

  logic [StepBits-1:0] load_bytes, write_bytes;
  assign load_bytes = StepBits'(load_i.beats) * StepBits'(BUS_BYTES);
  assign write_bytes = StepBits'(store_i.beats) * StepBits'(BUS_BYTES);

  always_comb begin
    step = '0;
    if (open_q) begin
      step[tessera_pkg::CntCycles*StepBits] = 1'b1;
      step[tessera_pkg::CntLoadBusy*StepBits] = load_i.busy;
      step[tessera_pkg::CntLoadStall*StepBits] = !load_i.busy && load_i.waiting;
      step[tessera_pkg::CntLoadIdle*StepBits] = !load_i.busy && !load_i.waiting;
      step[tessera_pkg::CntScoreBusy*StepBits] = compute_i.score_busy;
      step[tessera_pkg::CntScoreStallQ*StepBits] = compute_i.score_stall_q;
      step[tessera_pkg::CntScoreStallK*StepBits] = compute_i.score_stall_k;
      step[tessera_pkg::CntScoreStallBuffer*StepBits] = compute_i.score_stall_buffer;
      step[tessera_pkg::CntScoreIdle*StepBits] = compute_i.score_idle;
      step[tessera_pkg::CntValueBusy*StepBits] = compute_i.value_busy;
      step[tessera_pkg::CntValueStallV*StepBits] = compute_i.value_stall_v;
      step[tessera_pkg::CntValueStallState*StepBits] = compute_i.value_stall_state;
      step[tessera_pkg::CntValueStallScore*StepBits] = compute_i.value_stall_score;
      step[tessera_pkg::CntValueIdle*StepBits] = compute_i.value_idle;
      step[tessera_pkg::CntStoreBusy*StepBits] = store_i.busy;
      step[tessera_pkg::CntStoreStall*StepBits] = !store_i.busy && store_i.waiting;
      step[tessera_pkg::CntStoreIdle*StepBits] = !store_i.busy && !store_i.waiting;
    end
    if (load_i.burst) begin
      unique case ({load_i.index_list, load_i.kind})
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
    if (store_i.burst) begin
      unique case (store_i.kind)
        tessera_port_pkg::StoreO: step[tessera_pkg::CntBytesO*StepBits+:StepBits] = write_bytes;
        tessera_port_pkg::StoreState:
          step[tessera_pkg::CntBytesStateWrite*StepBits+:StepBits] = write_bytes;
        default: step[tessera_pkg::CntBytesRecord*StepBits+:StepBits] = write_bytes;
      endcase
    end
    step[tessera_pkg::CntReadBursts*StepBits] = front_read_i || load_i.burst;
    step[tessera_pkg::CntWriteBursts*StepBits] = store_i.burst;
    step[tessera_pkg::CntSramQWrite*StepBits] =
        bank_write_i.valid && bank_write_i.id.kind == tessera_port_pkg::KindQ;
    step[tessera_pkg::CntSramKWrite*StepBits] =
        bank_write_i.valid && bank_write_i.id.kind == tessera_port_pkg::KindK;
    step[tessera_pkg::CntSramVWrite*StepBits] =
        bank_write_i.valid && bank_write_i.id.kind == tessera_port_pkg::KindV;
    if (compute_i.score_busy) begin
      step[tessera_pkg::CntSramQRead*StepBits+:StepBits] = StepBits'(LANES);
      step[tessera_pkg::CntSramScoreWrite*StepBits+:StepBits] = StepBits'(LANES);
    end
    step[tessera_pkg::CntSramKRead*StepBits] = compute_i.k_row_read;
    step[tessera_pkg::CntSramVRead*StepBits] = compute_i.v_row_read;
    if (compute_i.value_busy) begin
      step[tessera_pkg::CntSramScoreRead*StepBits+:StepBits] = StepBits'(LANES);
    end
    step[tessera_pkg::CntSramStateWrite*StepBits+:2] =
        2'(compute_i.state_row_write) +
        2'(bank_write_i.valid && bank_write_i.id.kind == tessera_port_pkg::KindState &&
           bank_write_i.row_last);
    step[tessera_pkg::CntSramStateRead*StepBits+:2] =
        2'(compute_i.state_row_read) + 2'(store_i.state_row_read);
    step[tessera_pkg::CntCommandsRetired*StepBits+:2] =
        2'(retired_i.load) + 2'(retired_i.compute) + 2'(retired_i.store);
    step[tessera_pkg::CntAttendsRetired*StepBits] = retired_i.compute;
    step[tessera_pkg::CntRowsEmpty*StepBits] = store_i.marks.empty;
    step[tessera_pkg::CntRowsNan*StepBits] = store_i.marks.nan;
    step[tessera_pkg::CntRowsSaturated*StepBits] = store_i.marks.saturated;
    step[tessera_pkg::CntRowsDiv0*StepBits] = store_i.marks.div0;
  end

  logic [63:0] shown;
  assign shown = {1'b0, word_i[6:1]} < 7'(N) ? snapshot_q[word_i[6:1]] : '0;
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
                   $onehot({compute_i.score_busy, compute_i.score_stall_q, compute_i.score_stall_k,
                            compute_i.score_stall_buffer, compute_i.score_idle}));
  assert property (@(posedge clk_i) disable iff (!rst_ni)
                   $onehot({compute_i.value_busy, compute_i.value_stall_v,
                            compute_i.value_stall_state, compute_i.value_stall_score,
                            compute_i.value_idle}));
`endif
endmodule
