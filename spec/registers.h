// SPDX-License-Identifier: MIT
// The register map: one table that the model, the RTL contract test, firmware and the register walk
// all read. docs/contract/device.md, section 9, describes each register in words.
#pragma once
#include <stdint.h>

#include "spec/counters.h"
#include "spec/mask.h"
#include "spec/params.h"

namespace tessera::spec {

enum class Access : uint8_t {
    kReadOnly,  ///< a write answers with a bus error
    kReadWrite,
    kWrite1ToClear,
    kCommand,  ///< some bits act and read back as zero
};

/// Byte offsets. Everything else in the window answers with a bus error.
enum class Reg : uint32_t {
    kId = 0x000,
    kVersion = 0x004,
    kCapM = 0x008,
    kCapD = 0x00c,
    kCapLanes = 0x010,
    kCapInterleave = 0x014,
    kCapBusBytes = 0x018,
    kCapProfile = 0x01c,
    kCapBanks = 0x020,
    kCapQueueDepth = 0x024,
    kCapCounters = 0x028,
    kControl = 0x040,
    kStatus = 0x044,
    kRingBaseLo = 0x048,
    kRingBaseHi = 0x04c,
    kRingSize = 0x050,
    kRingTail = 0x054,
    kRingHead = 0x058,
    kRingNotify = 0x05c,
    kIrqStatus = 0x060,
    kIrqEnable = 0x064,
    kErrorCode = 0x068,
    kErrorTag = 0x06c,
    kWatchdog = 0x070,
    kEngineState = 0x074,
};

struct RegisterInfo {
    Reg reg;
    const char* name;
    Access access;
    uint32_t writable;  ///< bits a write can change or trigger
    uint32_t
        reset;  ///< value after reset; capability registers: 0 here, their parameter in the device
};

inline constexpr uint32_t kIdValue = 0x54455353;  ///< "TESS"
/// Of this register map and command set. Each mask term above eight raises it by one.
inline constexpr uint32_t kVersionBase = 3, kVersionTerms = 8;
inline constexpr uint32_t kVersionValue = kVersionBase + (kMaskTerms - kVersionTerms);

// CAP_PROFILE: the fuses
inline constexpr uint32_t kCapProfileMask = 3;      ///< Profile
inline constexpr uint32_t kCapKeyRanges = 1u << 8;  ///< DeviceParams::key_ranges
constexpr uint32_t cap_profile(const DeviceParams& p) {
    return static_cast<uint32_t>(p.profile) | (p.key_ranges ? kCapKeyRanges : 0);
}
// CONTROL
inline constexpr uint32_t kControlEnable = 1u << 0;         ///< fetch and dispatch descriptors
inline constexpr uint32_t kControlSoftReset = 1u << 1;      ///< acts, reads 0
inline constexpr uint32_t kControlClearCounters = 1u << 2;  ///< acts, reads 0; only while idle
// STATUS
inline constexpr uint32_t kStatusBusy = 1u << 0;       ///< commands or bursts outstanding
inline constexpr uint32_t kStatusHalted = 1u << 1;     ///< an error stopped dispatch
inline constexpr uint32_t kStatusResetting = 1u << 2;  ///< soft reset waits for bursts
// IRQ_STATUS, IRQ_ENABLE
inline constexpr uint32_t kIrqFence = 1u << 0;  ///< a FENCE with kFlagInterrupt retired
/// RING_HEAD reached RING_NOTIFY (once per write of it).
inline constexpr uint32_t kIrqRing = 1u << 1;
inline constexpr uint32_t kIrqError = 1u << 2;  ///< ERROR_CODE became non-zero
// ENGINE_STATE: [3:0] load queue, [7:4] load started, [11:8] compute queue, [15:12] compute
// started, [19:16] store queue, [23:20] store started, each clipped to 15; [24] FENCE waiting.

inline constexpr uint32_t kRingMinDescriptors = 4;
inline constexpr uint32_t kRingMaxDescriptors = 65536;

inline constexpr RegisterInfo kRegisters[] = {
    {Reg::kId, "ID", Access::kReadOnly, 0, kIdValue},
    {Reg::kVersion, "VERSION", Access::kReadOnly, 0, kVersionValue},
    {Reg::kCapM, "CAP_M", Access::kReadOnly, 0, 0},
    {Reg::kCapD, "CAP_D", Access::kReadOnly, 0, 0},
    {Reg::kCapLanes, "CAP_LANES", Access::kReadOnly, 0, 0},
    {Reg::kCapInterleave, "CAP_INTERLEAVE", Access::kReadOnly, 0, 0},
    {Reg::kCapBusBytes, "CAP_BUS_BYTES", Access::kReadOnly, 0, 0},
    {Reg::kCapProfile, "CAP_PROFILE", Access::kReadOnly, 0, 0},
    {Reg::kCapBanks, "CAP_BANKS", Access::kReadOnly, 0, kBanks},
    {Reg::kCapQueueDepth, "CAP_QUEUE_DEPTH", Access::kReadOnly, 0, kQueueDepth},
    {Reg::kCapCounters, "CAP_COUNTERS", Access::kReadOnly, 0, kCounters},
    {Reg::kControl, "CONTROL", Access::kCommand, 7, 0},
    {Reg::kStatus, "STATUS", Access::kReadOnly, 0, 0},
    {Reg::kRingBaseLo, "RING_BASE_LO", Access::kReadWrite, 0xffffffff, 0},
    {Reg::kRingBaseHi, "RING_BASE_HI", Access::kReadWrite, 0xffffffff, 0},
    {Reg::kRingSize, "RING_SIZE", Access::kReadWrite, 0xffffffff, 0},
    {Reg::kRingTail, "RING_TAIL", Access::kReadWrite, 0xffffffff, 0},
    {Reg::kRingHead, "RING_HEAD", Access::kReadOnly, 0, 0},
    {Reg::kRingNotify, "RING_NOTIFY", Access::kReadWrite, 0xffffffff, 0},
    {Reg::kIrqStatus, "IRQ_STATUS", Access::kWrite1ToClear, 7, 0},
    {Reg::kIrqEnable, "IRQ_ENABLE", Access::kReadWrite, 7, 0},
    {Reg::kErrorCode, "ERROR_CODE", Access::kReadOnly, 0, 0},
    {Reg::kErrorTag, "ERROR_TAG", Access::kReadOnly, 0, 0},
    {Reg::kWatchdog, "WATCHDOG", Access::kReadWrite, 0xffffffff, 0},
    {Reg::kEngineState, "ENGINE_STATE", Access::kReadOnly, 0, 0},
};

/// Counters: 64 bits, low word first, read-only; snapshots of the last FENCE.
inline constexpr uint32_t kCounterBase = 0x100;
inline constexpr uint32_t kWindowBytes = kCounterBase + 8 * kCounters;

constexpr uint32_t counter_offset(Counter counter) {
    return kCounterBase + 8 * static_cast<uint32_t>(counter);
}

/// The table row of the register at a byte offset below kCounterBase, or nullptr for a hole.
constexpr const RegisterInfo* find_register(uint32_t offset) {
    for (const RegisterInfo& info : kRegisters)
        if (static_cast<uint32_t>(info.reg) == offset) return &info;
    return nullptr;
}

}  // namespace tessera::spec
