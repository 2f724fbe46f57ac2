// SPDX-License-Identifier: MIT
// spec/ against rtl/core/tessera_pkg.sv and tessera_mask_pkg.sv: scalars when this file is
// compiled, tables when it runs.
#include <fmt/format.h>

#include <map>

#include "Vtessera_tiny_tessera_mask_pkg.h"
#include "Vtessera_tiny_tessera_pkg.h"
#include "spec/command.h"
#include "spec/counters.h"
#include "spec/latency.h"
#include "spec/registers.h"
#include "spec/state.h"
#include "tests/support/compared.h"

using namespace tessera;
using Pkg = Vtessera_tiny_tessera_pkg;
using MaskPkg = Vtessera_tiny_tessera_mask_pkg;

#define SAME_IN(package, rtl, spec_value) \
    static_assert(uint64_t{package::rtl} == static_cast<uint64_t>(spec::spec_value), #rtl)
#define SAME_BIT_IN(package, rtl, spec_value) \
    static_assert((uint64_t{1} << package::rtl) == static_cast<uint64_t>(spec::spec_value), #rtl)
#define SAME(rtl, spec_value) SAME_IN(Pkg, rtl, spec_value)
#define SAME_BIT(rtl, spec_value) SAME_BIT_IN(Pkg, rtl, spec_value)

// Structure
SAME(Banks, kBanks);
SAME(QueueDepth, kQueueDepth);
SAME(DescriptorBytes, kDescriptorBytes);
SAME(DescriptorWords, kDescriptorWords);
SAME(LineDescriptors, kLineDescriptors);
SAME(LineBytes, kLineBytes);
SAME(FifoLines, kFifoLines);
SAME(ReadOutstanding, kReadOutstanding);
SAME(LoadOutstanding, kLoadOutstanding);
SAME(WriteOutstanding, kWriteOutstanding);
SAME(ReadBurstBytes, kReadBurstBytes);
SAME(WriteBurstBytes, kWriteBurstBytes);
SAME(MaxBurstBeats, kMaxBurstBeats);
SAME(StoreFifoBytes, kStoreFifoBytes);
SAME(PositionLimit, kPositionLimit);
SAME(ProfileBlackbox, Profile::kBlackbox);
SAME(ProfileStats, Profile::kStats);
SAME(ProfileStateful, Profile::kStateful);
// Latencies
SAME(CsrAccessCycles, kCsrAccessCycles);
SAME(AcceptCycles, kAcceptCycles);
SAME(SinkCycles, kSinkCycles);
SAME(ScaleCycles, kScaleCycles);
SAME(ConvertCycles, kConvertCycles);
SAME(ScoreWriteCycles, kScoreWriteCycles);
SAME(MaxKnownCycles, kMaxKnownCycles);
SAME(ScoreLaneGroups, kScoreLaneGroups);
SAME(ExpCycles, kExpCycles);
SAME(ValueReadCycles, kValueReadCycles);
SAME(StoreReadCycles, kStoreReadCycles);
SAME(DivideCycles, kDivideCycles);
SAME(PackCycles, kPackCycles);
SAME(StorePipeCycles, kStorePipeCycles);
// Commands
SAME(OpLoadQ, Opcode::kLoadQ);
SAME(OpLoadK, Opcode::kLoadK);
SAME(OpLoadV, Opcode::kLoadV);
SAME(OpLoadState, Opcode::kLoadState);
SAME(OpAttend, Opcode::kAttend);
SAME(OpStoreO, Opcode::kStoreO);
SAME(OpStoreState, Opcode::kStoreState);
SAME(OpFence, Opcode::kFence);
static_assert(Pkg::OpFence + 1 == spec::kOpcodes);
SAME_BIT(FlagGather, kFlagGather);
SAME_BIT(FlagContinue, kFlagContinue);
SAME_BIT(FlagIdentity, kFlagIdentity);
SAME_BIT(FlagNormalise, kFlagNormalise);
SAME_BIT(FlagBf16, kFlagBf16);
SAME_BIT(FlagInterrupt, kFlagInterrupt);
SAME(FlagMask, kFlagMask);
SAME_BIT_IN(MaskPkg, MaskCausal, kMaskCausal);
SAME_BIT_IN(MaskPkg, MaskWindow, kMaskWindow);
SAME_BIT_IN(MaskPkg, MaskSink, kMaskSink);
SAME_BIT_IN(MaskPkg, MaskBlock, kMaskBlock);
SAME_BIT_IN(MaskPkg, MaskSummary, kMaskSummary);
SAME_BIT_IN(MaskPkg, MaskFree, kMaskFree);
SAME_BIT_IN(MaskPkg, MaskDiagOff, kMaskDiagOff);
SAME_BIT_IN(MaskPkg, MaskPrefix, kMaskPrefix);
SAME_IN(MaskPkg, MaskTerms, kMaskTerms);
SAME_IN(MaskPkg, MaskAll, kMaskAll);
SAME_IN(MaskPkg, MaskWords, kMaskWords);
// Errors
SAME(ErrNone, ErrorCode::kNone);
SAME(ErrIllegalOpcode, ErrorCode::kIllegalOpcode);
SAME(ErrProfile, ErrorCode::kProfile);
SAME(ErrBadBank, ErrorCode::kBadBank);
SAME(ErrRowsOutOfRange, ErrorCode::kRowsOutOfRange);
SAME(ErrDimOutOfRange, ErrorCode::kDimOutOfRange);
SAME(ErrMisaligned, ErrorCode::kMisaligned);
SAME(ErrBadMask, ErrorCode::kBadMask);
SAME(ErrReservedBits, ErrorCode::kReservedBits);
SAME(ErrBadRing, ErrorCode::kBadRing);
SAME(ErrReadBus, ErrorCode::kReadBus);
SAME(ErrIndexOverLimit, ErrorCode::kIndexOverLimit);
SAME(ErrWriteBus, ErrorCode::kWriteBus);
SAME(ErrDescriptorBus, ErrorCode::kDescriptorBus);
SAME(ErrWatchdog, ErrorCode::kWatchdog);
// Numerics
SAME(CanonicalNan, kNan);
SAME(ScoreFractionBits, kScoreFractionBits);
SAME(ScoreLimit, kScoreLimit);
static_assert(Pkg::Empty == static_cast<uint16_t>(spec::kEmpty));
SAME_BIT(RowNan, kRowNan);
SAME_BIT(RowSaturated, kRowSaturated);
// Registers
SAME(IdValue, kIdValue);
SAME(VersionBase, kVersionBase);
SAME(VersionTerms, kVersionTerms);
SAME(RingMinDescriptors, kRingMinDescriptors);
SAME(RingMaxDescriptors, kRingMaxDescriptors);
SAME_BIT(CapKeyRanges, kCapKeyRanges);
SAME_BIT(ControlEnable, kControlEnable);
SAME_BIT(ControlSoftReset, kControlSoftReset);
SAME_BIT(ControlClearCounters, kControlClearCounters);
SAME_BIT(StatusBusy, kStatusBusy);
SAME_BIT(StatusHalted, kStatusHalted);
SAME_BIT(StatusResetting, kStatusResetting);
SAME_BIT(IrqFence, kIrqFence);
SAME_BIT(IrqRing, kIrqRing);
SAME_BIT(IrqError, kIrqError);
SAME(Counters, kCounters);
SAME(CounterBase, kCounterBase);
SAME(WindowBytes, kWindowBytes);

#define TESSERA_X(id, name, unit, text)                  \
    static_assert(static_cast<uint32_t>(Pkg::Cnt##id) == \
                  static_cast<uint32_t>(spec::Counter::k##id));
TESSERA_COUNTERS(TESSERA_X)
#undef TESSERA_X

TEST_CASE("register offsets") {
    const std::map<std::string, uint32_t> rtl = {
        {"ID", Pkg::RegId},
        {"VERSION", Pkg::RegVersion},
        {"CAP_M", Pkg::RegCapM},
        {"CAP_D", Pkg::RegCapD},
        {"CAP_LANES", Pkg::RegCapLanes},
        {"CAP_INTERLEAVE", Pkg::RegCapInterleave},
        {"CAP_BUS_BYTES", Pkg::RegCapBusBytes},
        {"CAP_PROFILE", Pkg::RegCapProfile},
        {"CAP_BANKS", Pkg::RegCapBanks},
        {"CAP_QUEUE_DEPTH", Pkg::RegCapQueueDepth},
        {"CAP_COUNTERS", Pkg::RegCapCounters},
        {"CONTROL", Pkg::RegControl},
        {"STATUS", Pkg::RegStatus},
        {"RING_BASE_LO", Pkg::RegRingBaseLo},
        {"RING_BASE_HI", Pkg::RegRingBaseHi},
        {"RING_SIZE", Pkg::RegRingSize},
        {"RING_TAIL", Pkg::RegRingTail},
        {"RING_HEAD", Pkg::RegRingHead},
        {"RING_NOTIFY", Pkg::RegRingNotify},
        {"IRQ_STATUS", Pkg::RegIrqStatus},
        {"IRQ_ENABLE", Pkg::RegIrqEnable},
        {"ERROR_CODE", Pkg::RegErrorCode},
        {"ERROR_TAG", Pkg::RegErrorTag},
        {"WATCHDOG", Pkg::RegWatchdog},
        {"ENGINE_STATE", Pkg::RegEngineState},
    };
    test::Compared offsets("register offsets");
    for (const spec::RegisterInfo& info : spec::kRegisters) {
        const auto found = rtl.find(info.name);
        offsets.holds(found != rtl.end(), [&] { return std::string(info.name); });
        if (found != rtl.end()) offsets.equal(found->second, static_cast<uint32_t>(info.reg));
    }
    offsets.equal(rtl.size(), sizeof(spec::kRegisters) / sizeof(spec::kRegisters[0]));
}
