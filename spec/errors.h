// SPDX-License-Identifier: MIT
// Device error codes, as the ERROR_CODE register shows them. docs/contract/device.md, section 8.
#pragma once
#include <stdint.h>

namespace tessera::spec {

/// First error since reset. kNone means none; the rest are found at dispatch unless said otherwise.
enum class ErrorCode : uint32_t {
    kNone = 0,
    kIllegalOpcode = 1,   ///< no such command
    kProfile = 2,         ///< command exists, but not in this device's profile
    kBadBank = 3,         ///< bank number not below kBanks
    kRowsOutOfRange = 4,  ///< rows or keys not 1..M, or destination row + rows over M
    kDimOutOfRange = 5,   ///< d_k or d_v not 1..D (STORE_STATE, LOAD_STATE: 0..D)
    kMisaligned = 6,    ///< address or pitch not a multiple of the bus width, or pitch below a row
    kBadMask = 7,       ///< mask operand out of range, or position at or over 2^31
    kReservedBits = 8,  ///< a field that must be zero is not
    kBadRing = 9,       ///< ring base or size illegal when the device was enabled
    kReadBus = 16,      ///< load: the memory answered a read beat with an error
    kIndexOverLimit = 17,  ///< load: a gather index at or over the list's row limit
    kWriteBus = 18,        ///< store: the memory answered a write burst with an error
    kDescriptorBus = 19,   ///< front end: the memory answered a descriptor read with an error
    kWatchdog = 20,        ///< commands outstanding, none retired for WATCHDOG cycles
};

/// What the error means, for people.
constexpr const char* error_text(ErrorCode code) {
    switch (code) {
        case ErrorCode::kNone: return "no error";
        case ErrorCode::kIllegalOpcode: return "illegal opcode";
        case ErrorCode::kProfile: return "command not in this device's profile";
        case ErrorCode::kBadBank: return "bank number out of range";
        case ErrorCode::kRowsOutOfRange: return "rows or keys out of range";
        case ErrorCode::kDimOutOfRange: return "head dimension out of range";
        case ErrorCode::kMisaligned: return "address or pitch misaligned";
        case ErrorCode::kBadMask: return "mask operand or position out of range";
        case ErrorCode::kReservedBits: return "reserved field not zero";
        case ErrorCode::kBadRing: return "descriptor ring base or size illegal";
        case ErrorCode::kReadBus: return "bus error on a load";
        case ErrorCode::kIndexOverLimit: return "gather index over the row limit";
        case ErrorCode::kWriteBus: return "bus error on a store";
        case ErrorCode::kDescriptorBus: return "bus error on a descriptor read";
        case ErrorCode::kWatchdog: return "watchdog: no command retired";
    }
    return "unknown error";
}

}  // namespace tessera::spec
