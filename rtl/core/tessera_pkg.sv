// SPDX-License-Identifier: MIT
// The contract of spec/ in SystemVerilog, and its only mirror beside tessera_mask_pkg: a contract
// test compares every public constant with spec/ when it is compiled. What varies between builds (M,
// D, LANES, INTERLEAVE, BUS_BYTES) is a parameter of the modules, not here.
package tessera_pkg;

  // Structure (spec/params.h)
  localparam int unsigned Banks            /*verilator public*/ = 2;
  localparam int unsigned QueueDepth       /*verilator public*/ = 8;
  localparam int unsigned DescriptorBytes  /*verilator public*/ = 64;
  localparam int unsigned DescriptorWords  /*verilator public*/ = 16;
  localparam int unsigned LineDescriptors  /*verilator public*/ = 4;
  localparam int unsigned LineBytes        /*verilator public*/ = 256;
  localparam int unsigned FifoLines        /*verilator public*/ = 4;
  localparam int unsigned ReadOutstanding  /*verilator public*/ = 64;
  localparam int unsigned LoadOutstanding  /*verilator public*/ = 63;
  localparam int unsigned WriteOutstanding /*verilator public*/ = 16;
  localparam int unsigned ReadBurstBytes   /*verilator public*/ = 4096;
  localparam int unsigned WriteBurstBytes  /*verilator public*/ = 1024;
  localparam int unsigned MaxBurstBeats    /*verilator public*/ = 256;
  localparam int unsigned StoreFifoBytes   /*verilator public*/ = 8192;
  localparam logic [31:0] PositionLimit    /*verilator public*/ = 32'h8000_0000;

  // Profiles: what the device's pin profile_i says
  localparam int unsigned ProfileBlackbox  /*verilator public*/ = 0;
  localparam int unsigned ProfileStats     /*verilator public*/ = 1;
  localparam int unsigned ProfileStateful  /*verilator public*/ = 2;

  // Latencies in cycles (spec/latency.h)
  localparam int unsigned CsrAccessCycles  /*verilator public*/ = 4;
  localparam int unsigned AcceptCycles     /*verilator public*/ = 1;
  localparam int unsigned SinkCycles       /*verilator public*/ = 1;
  localparam int unsigned ScaleCycles      /*verilator public*/ = 2;
  localparam int unsigned ConvertCycles    /*verilator public*/ = 1;
  localparam int unsigned ScoreWriteCycles /*verilator public*/ = 2 + ScaleCycles + ConvertCycles;
  localparam int unsigned MaxKnownCycles   /*verilator public*/ = ScoreWriteCycles;
  localparam int unsigned ScoreLaneGroups  /*verilator public*/ = 4;  // in the score buffer
  localparam int unsigned ExpCycles        /*verilator public*/ = 4;
  localparam int unsigned ValueReadCycles  /*verilator public*/ = 4;
  localparam int unsigned StoreReadCycles  /*verilator public*/ = 2;
  localparam int unsigned DivideCycles     /*verilator public*/ = 16;
  localparam int unsigned PackCycles       /*verilator public*/ = 1;
  localparam int unsigned StorePipeCycles  /*verilator public*/
      = StoreReadCycles + DivideCycles + PackCycles;

  // Commands (spec/command.h)
  typedef enum logic [7:0] {
    OpIllegal    = 8'd0,
    OpLoadQ      = 8'd1,
    OpLoadK      = 8'd2,
    OpLoadV      = 8'd3,
    OpLoadState  = 8'd4,
    OpAttend     = 8'd5,
    OpStoreO     = 8'd6,
    OpStoreState = 8'd7,
    OpFence      = 8'd8
  } opcode_e /*verilator public*/;

  // Flags: bit numbers in word 0 of the descriptor.
  localparam int unsigned FlagGather       /*verilator public*/ = 8;
  localparam int unsigned FlagContinue     /*verilator public*/ = 9;
  localparam int unsigned FlagIdentity     /*verilator public*/ = 10;
  localparam int unsigned FlagNormalise    /*verilator public*/ = 11;
  localparam int unsigned FlagBf16         /*verilator public*/ = 12;
  localparam int unsigned FlagInterrupt    /*verilator public*/ = 13;
  localparam logic [31:0] FlagMask         /*verilator public*/ = 32'h0000_3f00;

  // Errors (spec/errors.h)
  typedef enum logic [7:0] {
    ErrNone           = 8'd0,
    ErrIllegalOpcode  = 8'd1,
    ErrProfile        = 8'd2,
    ErrBadBank        = 8'd3,
    ErrRowsOutOfRange = 8'd4,
    ErrDimOutOfRange  = 8'd5,
    ErrMisaligned     = 8'd6,
    ErrBadMask        = 8'd7,
    ErrReservedBits   = 8'd8,
    ErrBadRing        = 8'd9,
    ErrReadBus        = 8'd16,
    ErrIndexOverLimit = 8'd17,
    ErrWriteBus       = 8'd18,
    ErrDescriptorBus  = 8'd19,
    ErrWatchdog       = 8'd20
  } error_e /*verilator public*/;

  // Numerics (spec/softmax.h, spec/state.h)
  localparam logic [31:0] CanonicalNan     /*verilator public*/ = 32'h7fc0_0000;
  localparam int unsigned ScoreFractionBits /*verilator public*/ = 16;
  localparam int unsigned ScoreLimit       /*verilator public*/ = 32767 * 65536;
  localparam logic [15:0] Empty            /*verilator public*/ = 16'h8000;  // row maximum, int16
  localparam int unsigned RowNan           /*verilator public*/ = 0;  // bits of the row flags
  localparam int unsigned RowSaturated     /*verilator public*/ = 1;

  // exp2 on [0, 1): value and slope of piece i at [i*16 +: 16]
  localparam logic [32*16-1:0] ExpTable = {
    16'd32065, 16'd31378, 16'd30705, 16'd30047, 16'd29404, 16'd28774, 16'd28157, 16'd27554,
    16'd26963, 16'd26385, 16'd25820, 16'd25267, 16'd24725, 16'd24196, 16'd23677, 16'd23170,
    16'd22673, 16'd22187, 16'd21712, 16'd21247, 16'd20792, 16'd20346, 16'd19910, 16'd19483,
    16'd19066, 16'd18657, 16'd18258, 16'd17866, 16'd17484, 16'd17109, 16'd16742, 16'd16384};
  localparam logic [32*16-1:0] ExpSlope = {
    16'd702, 16'd687, 16'd672, 16'd658, 16'd644, 16'd630, 16'd617, 16'd603,
    16'd590, 16'd578, 16'd565, 16'd553, 16'd541, 16'd530, 16'd518, 16'd507,
    16'd496, 16'd486, 16'd475, 16'd465, 16'd455, 16'd446, 16'd436, 16'd427,
    16'd418, 16'd409, 16'd400, 16'd391, 16'd383, 16'd375, 16'd367, 16'd359};

  // Registers: byte offsets (spec/registers.h)
  localparam logic [31:0] IdValue          /*verilator public*/ = 32'h5445_5353;
  localparam logic [31:0] VersionBase      /*verilator public*/ = 32'd3;
  localparam int unsigned VersionTerms     /*verilator public*/ = 8;  // more mask terms raise it
  typedef enum logic [11:0] {
    RegId            = 12'h000,
    RegVersion       = 12'h004,
    RegCapM          = 12'h008,
    RegCapD          = 12'h00c,
    RegCapLanes      = 12'h010,
    RegCapInterleave = 12'h014,
    RegCapBusBytes   = 12'h018,
    RegCapProfile    = 12'h01c,
    RegCapBanks      = 12'h020,
    RegCapQueueDepth = 12'h024,
    RegCapCounters   = 12'h028,
    RegControl       = 12'h040,
    RegStatus        = 12'h044,
    RegRingBaseLo    = 12'h048,
    RegRingBaseHi    = 12'h04c,
    RegRingSize      = 12'h050,
    RegRingTail      = 12'h054,
    RegRingHead      = 12'h058,
    RegRingNotify    = 12'h05c,
    RegIrqStatus     = 12'h060,
    RegIrqEnable     = 12'h064,
    RegErrorCode     = 12'h068,
    RegErrorTag      = 12'h06c,
    RegWatchdog      = 12'h070,
    RegEngineState   = 12'h074
  } register_e /*verilator public*/;
  localparam int unsigned RingMinDescriptors /*verilator public*/ = 4;
  localparam int unsigned RingMaxDescriptors /*verilator public*/ = 65536;

  // Bit numbers
  localparam int unsigned CapKeyRanges     /*verilator public*/ = 8;  // of CAP_PROFILE
  localparam int unsigned ControlEnable    /*verilator public*/ = 0;
  localparam int unsigned ControlSoftReset /*verilator public*/ = 1;
  localparam int unsigned ControlClearCounters /*verilator public*/ = 2;
  localparam int unsigned StatusBusy       /*verilator public*/ = 0;
  localparam int unsigned StatusHalted     /*verilator public*/ = 1;
  localparam int unsigned StatusResetting  /*verilator public*/ = 2;
  localparam int unsigned IrqFence         /*verilator public*/ = 0;
  localparam int unsigned IrqRing          /*verilator public*/ = 1;
  localparam int unsigned IrqError         /*verilator public*/ = 2;

  // Counters (spec/counters.h): 64 bits each, low word first, from CounterBase on
  typedef enum logic [5:0] {
    CntCycles          = 6'd0,
    CntLoadBusy        = 6'd1,
    CntLoadStall       = 6'd2,
    CntLoadIdle        = 6'd3,
    CntScoreBusy       = 6'd4,
    CntScoreStallQ     = 6'd5,
    CntScoreStallK     = 6'd6,
    CntScoreStallBuffer = 6'd7,
    CntScoreIdle       = 6'd8,
    CntValueBusy       = 6'd9,
    CntValueStallV     = 6'd10,
    CntValueStallState = 6'd11,
    CntValueStallScore = 6'd12,
    CntValueIdle       = 6'd13,
    CntStoreBusy       = 6'd14,
    CntStoreStall      = 6'd15,
    CntStoreIdle       = 6'd16,
    CntBytesQ          = 6'd17,
    CntBytesK          = 6'd18,
    CntBytesV          = 6'd19,
    CntBytesStateRead  = 6'd20,
    CntBytesIndex      = 6'd21,
    CntBytesDescriptor = 6'd22,
    CntBytesO          = 6'd23,
    CntBytesStateWrite = 6'd24,
    CntBytesRecord     = 6'd25,
    CntReadBursts      = 6'd26,
    CntWriteBursts     = 6'd27,
    CntSramQWrite      = 6'd28,
    CntSramKWrite      = 6'd29,
    CntSramVWrite      = 6'd30,
    CntSramQRead       = 6'd31,
    CntSramKRead       = 6'd32,
    CntSramVRead       = 6'd33,
    CntSramScoreWrite  = 6'd34,
    CntSramScoreRead   = 6'd35,
    CntSramStateWrite  = 6'd36,
    CntSramStateRead   = 6'd37,
    CntCommandsRetired = 6'd38,
    CntAttendsRetired  = 6'd39,
    CntRowsEmpty       = 6'd40,
    CntRowsNan         = 6'd41,
    CntRowsSaturated   = 6'd42,
    CntRowsDiv0        = 6'd43
  } counter_e /*verilator public*/;
  localparam int unsigned Counters         /*verilator public*/ = 44;
  localparam int unsigned CounterBase      /*verilator public*/ = 256;
  localparam int unsigned WindowBytes      /*verilator public*/ = CounterBase + 8 * Counters;

endpackage
