// SPDX-License-Identifier: MIT
// What dispatch answers to a descriptor: ErrNone, or the first rule broken in the order of the
// error codes (spec/command.h, check). Combinational.
module tessera_descriptor_check #(
  parameter int unsigned M = 16,
  parameter int unsigned D = 16,
  parameter int unsigned BUS_BYTES = 16
) (
  input  logic [1:0]          profile_i,
  input  logic [10:0]         identity_rows_i,  // of its state bank: see tessera_dispatch
  input  logic [9:0]          identity_d_v_i,
  input  logic [511:0]        descriptor_i,
  output tessera_pkg::error_e error_o
);
  localparam logic [63:0] BusMask = 64'(BUS_BYTES) - 64'd1;
  localparam int unsigned AttendBits =
      tessera_port_pkg::AttendBits + tessera_mask_pkg::MaskWordsBits;

  tessera_port_pkg::transfer_t t;
  tessera_port_pkg::attend_t a;
  assign t = descriptor_i[tessera_port_pkg::TransferBits-1:0];
  assign a = descriptor_i[tessera_port_pkg::AttendBits-1:0];

  logic load_elements, attend, fence, gather, has_continue, normalise;
  assign load_elements = t.opcode == tessera_pkg::OpLoadQ || t.opcode == tessera_pkg::OpLoadK ||
                         t.opcode == tessera_pkg::OpLoadV;
  assign attend = t.opcode == tessera_pkg::OpAttend;
  assign fence = t.opcode == tessera_pkg::OpFence;
  assign gather = t.flags[tessera_pkg::FlagGather-8];
  assign has_continue = t.flags[tessera_pkg::FlagContinue-8];
  assign normalise = t.flags[tessera_pkg::FlagNormalise-8];

  logic opcode_ok, banks_ok, state_bank_ok;
  assign state_bank_ok = t.state_bank < 4'(tessera_pkg::Banks);
  assign opcode_ok = t.opcode >= tessera_pkg::OpLoadQ && t.opcode <= tessera_pkg::OpFence;
  assign banks_ok = t.q_bank < 4'(tessera_pkg::Banks) && t.k_bank < 4'(tessera_pkg::Banks) &&
                    t.v_bank < 4'(tessera_pkg::Banks) && state_bank_ok;

  // Rows
  logic [16:0] row_end;
  logic rows_ok;
  always_comb begin
    // ATTEND has its keys where the others have the first row; its rows start at 0.
    row_end = {1'b0, t.rows} + (attend ? 17'd0 : {1'b0, t.first_row});
    rows_ok = t.rows != '0 && row_end <= 17'(M);
    if (attend && (a.keys == '0 || a.keys > 16'(M))) rows_ok = 1'b0;
    if (fence) rows_ok = t.rows == '0 && t.first_row == '0;
  end

  // Profile. A number that is none accepts as little as the smallest.
  logic stateful, blackbox, profile_ok;
  assign stateful = profile_i == 2'(tessera_pkg::ProfileStateful);
  assign blackbox = !stateful && profile_i != 2'(tessera_pkg::ProfileStats);
  always_comb begin
    profile_ok = 1'b1;
    if (!stateful) begin
      if (t.opcode == tessera_pkg::OpLoadState) profile_ok = 1'b0;
      if (attend && has_continue) profile_ok = 1'b0;
    end
    if (blackbox) begin
      if (t.opcode == tessera_pkg::OpStoreState) profile_ok = 1'b0;
      // The rows of a softmax, as they are, would tell its l.
      if (t.opcode == tessera_pkg::OpStoreO && !normalise &&
          (!state_bank_ok || row_end > {6'b0, identity_rows_i} ||
           t.d_v > {6'b0, identity_d_v_i})) profile_ok = 1'b0;
    end
  end

  // Dimensions
  logic k_ok, v_ok, dims_ok;
  assign k_ok = t.d_k != '0 && t.d_k <= 16'(D);
  assign v_ok = t.d_v != '0 && t.d_v <= 16'(D);
  always_comb begin
    unique case (t.opcode)
      tessera_pkg::OpLoadQ, tessera_pkg::OpLoadK: dims_ok = k_ok && t.d_v == '0;
      tessera_pkg::OpAttend: dims_ok = k_ok && v_ok;
      tessera_pkg::OpLoadV, tessera_pkg::OpStoreO: dims_ok = v_ok && t.d_k == '0;
      tessera_pkg::OpLoadState, tessera_pkg::OpStoreState:
        dims_ok = t.d_v <= 16'(D) && t.d_k == '0;
      default: dims_ok = t.d_k == '0 && t.d_v == '0;
    endcase
  end

  // Addresses
  logic [31:0] row_bytes;
  logic aligned;
  always_comb begin
    unique case (t.opcode)
      tessera_pkg::OpLoadQ, tessera_pkg::OpLoadK: row_bytes = {15'b0, t.d_k, 1'b0};
      tessera_pkg::OpLoadV: row_bytes = {15'b0, t.d_v, 1'b0};
      tessera_pkg::OpStoreO:
        row_bytes = t.flags[tessera_pkg::FlagBf16-8] ? {15'b0, t.d_v, 1'b0} : {14'b0, t.d_v, 2'b0};
      default: row_bytes = 32'(BUS_BYTES) + {14'b0, t.d_v, 2'b0};
    endcase
    aligned = (t.address & BusMask) == '0 && (t.index_address & BusMask) == '0;
    if (fence) begin
      if (t.pitch != '0) aligned = 1'b0;
    end else if ((t.pitch & BusMask[31:0]) != '0 || t.pitch < row_bytes) begin
      aligned = 1'b0;
    end
    if (attend) aligned = 1'b1;
  end

  // Masks and positions
  logic mask_ok, positions_ok;
  assign mask_ok = tessera_mask_pkg::legal(
      descriptor_i[tessera_port_pkg::AttendBits +: tessera_mask_pkg::MaskWordsBits], 32'(M));
  always_comb begin
    positions_ok = t.position == '0;
    if (t.opcode == tessera_pkg::OpLoadQ || t.opcode == tessera_pkg::OpLoadK) begin
      positions_ok = t.position < tessera_pkg::PositionLimit &&
                     t.position + {16'b0, t.rows} <= tessera_pkg::PositionLimit;
    end
    if (t.index_address != '0 || t.index_limit != '0) positions_ok = 1'b0;
    if (gather) begin
      positions_ok = t.position == '0 && t.index_limit <= tessera_pkg::PositionLimit;
    end
    if (attend) positions_ok = mask_ok;
  end

  // Reserved bits
  logic [5:0] legal_flags;
  logic reserved_ok;
  always_comb begin
    legal_flags = '0;
    legal_flags[tessera_pkg::FlagGather-8] = load_elements;
    legal_flags[tessera_pkg::FlagContinue-8] = attend;
    legal_flags[tessera_pkg::FlagIdentity-8] = attend;
    legal_flags[tessera_pkg::FlagNormalise-8] = t.opcode == tessera_pkg::OpStoreO;
    legal_flags[tessera_pkg::FlagBf16-8] = t.opcode == tessera_pkg::OpStoreO;
    legal_flags[tessera_pkg::FlagInterrupt-8] = fence;
    reserved_ok = t.reserved0 == '0 && (t.flags & ~legal_flags) == '0 && t.reserved1 == '0 &&
                  (attend ? (descriptor_i >> AttendBits) == '0
                          : (descriptor_i >> tessera_port_pkg::TransferBits) == '0);
  end

  always_comb begin
    error_o = tessera_pkg::ErrNone;
    if (!opcode_ok) error_o = tessera_pkg::ErrIllegalOpcode;
    else if (!profile_ok) error_o = tessera_pkg::ErrProfile;
    else if (!banks_ok) error_o = tessera_pkg::ErrBadBank;
    else if (!rows_ok) error_o = tessera_pkg::ErrRowsOutOfRange;
    else if (!dims_ok) error_o = tessera_pkg::ErrDimOutOfRange;
    else if (!aligned) error_o = tessera_pkg::ErrMisaligned;
    else if (!positions_ok) error_o = tessera_pkg::ErrBadMask;
    else if (!reserved_ok) error_o = tessera_pkg::ErrReservedBits;
  end
endmodule
