// SPDX-License-Identifier: MIT
// The commands, their 64-byte descriptors and the checks at dispatch. docs/contract/device.md,
// section 3.
#pragma once
#include <stdint.h>

#include "spec/errors.h"
#include "spec/mask.h"
#include "spec/params.h"

namespace tessera::spec {

enum class Opcode : uint32_t {
    kLoadQ = 1,
    kLoadK = 2,
    kLoadV = 3,
    kLoadState = 4,
    kAttend = 5,
    kStoreO = 6,
    kStoreState = 7,
    kFence = 8,
};
inline constexpr uint32_t kOpcodes = 9;  ///< number of opcode values, 0 being illegal

constexpr const char* opcode_name(Opcode opcode) {
    constexpr const char* kNames[kOpcodes] = {"ILLEGAL", "LOAD_Q",      "LOAD_K",
                                              "LOAD_V",  "LOAD_STATE",  "ATTEND",
                                              "STORE_O", "STORE_STATE", "FENCE"};
    const uint32_t i = static_cast<uint32_t>(opcode);
    return kNames[i < kOpcodes ? i : 0];
}

/// Options of a command: bits 8 to 13 of word 0.
enum CommandFlag : uint32_t {
    kFlagGather = 1u << 8,      ///< LOAD_Q/K/V: row addresses and positions come from an index list
    kFlagContinue = 1u << 9,    ///< ATTEND: merge into the state (otherwise: replace it)
    kFlagIdentity = 1u << 10,   ///< ATTEND: p = bf16(score * factor), no maximum, no exponential
    kFlagNormalise = 1u << 11,  ///< STORE_O: divide by l
    kFlagBf16 = 1u << 12,       ///< STORE_O: two bytes an element (otherwise fp32)
    kFlagInterrupt = 1u << 13,  ///< FENCE: raise the interrupt
};
inline constexpr uint32_t kFlagMask = 0x3f00;

/// A command, decoded. Fields that the opcode does not use are zero.
struct Command {
    Opcode opcode = Opcode::kFence;
    uint32_t flags = 0;  ///< CommandFlag
    uint32_t tag = 0;    ///< 16 bits, returned in errors, records and the trace
    uint32_t q_bank = 0, k_bank = 0, v_bank = 0, state_bank = 0;
    uint32_t rows = 0;           ///< query rows; for LOAD_K and LOAD_V key rows
    uint32_t keys = 0;           ///< ATTEND
    uint32_t first_row = 0;      ///< loads: destination row; stores: source row
    uint32_t d_k = 0, d_v = 0;   ///< elements
    uint64_t address = 0;        ///< of the first row or the completion record, bytes
    uint32_t pitch = 0;          ///< from row to row, bytes
    uint32_t position = 0;       ///< LOAD_Q/K: position of the first row
    uint64_t index_address = 0;  ///< gather: list of 32-bit row numbers
    uint32_t index_limit = 0;    ///< gather: rows the indices may name
    uint32_t factor = 0;         ///< ATTEND: fp32 bits; softmax: scale * log2(e), identity: scale
    Mask mask;

    constexpr bool has(uint32_t flag) const { return (flags & flag) != 0; }
    constexpr bool is_load() const { return opcode <= Opcode::kLoadState; }
    constexpr bool is_store() const {
        return opcode == Opcode::kStoreO || opcode == Opcode::kStoreState;
    }
};

/// The descriptor as it lies in the ring: little-endian words, unused ones zero.
struct Descriptor {
    uint32_t word[kDescriptorWords];
};
// Words 0 to 4 of ATTEND are followed by its mask, those of other commands end with word 10.
inline constexpr uint32_t kMaskWord = 5;
inline constexpr uint32_t kTransferWords = 11;
static_assert(kMaskWord + kMaskWords <= kDescriptorWords);

/// Descriptor of a command. Values must fit their fields; the driver's plans always do.
constexpr Descriptor encode(const Command& c) {
    Descriptor r{};
    r.word[0] = static_cast<uint32_t>(c.opcode) | (c.flags & kFlagMask) | c.tag << 16;
    r.word[1] = c.q_bank | c.k_bank << 4 | c.v_bank << 8 | c.state_bank << 12;
    r.word[3] = c.d_k | c.d_v << 16;
    if (c.opcode == Opcode::kAttend) {
        r.word[2] = c.rows | c.keys << 16;
        r.word[4] = c.factor;
        put_mask(c.mask, r.word + kMaskWord);
    } else {
        r.word[2] = c.rows | c.first_row << 16;
        r.word[4] = static_cast<uint32_t>(c.address);
        r.word[5] = static_cast<uint32_t>(c.address >> 32);
        r.word[6] = c.pitch;
        r.word[7] = c.position;
        r.word[8] = static_cast<uint32_t>(c.index_address);
        r.word[9] = static_cast<uint32_t>(c.index_address >> 32);
        r.word[10] = c.index_limit;
    }
    return r;
}

/// Command of a descriptor, whatever its bits; check() says whether a device would take it.
constexpr Command decode(const Descriptor& d) {
    Command c;
    c.opcode = static_cast<Opcode>(d.word[0] & 0xff);
    c.flags = d.word[0] & kFlagMask;
    c.tag = d.word[0] >> 16;
    c.q_bank = d.word[1] & 15;
    c.k_bank = d.word[1] >> 4 & 15;
    c.v_bank = d.word[1] >> 8 & 15;
    c.state_bank = d.word[1] >> 12 & 15;
    c.rows = d.word[2] & 0xffff;
    c.d_k = d.word[3] & 0xffff;
    c.d_v = d.word[3] >> 16;
    if (c.opcode == Opcode::kAttend) {
        c.keys = d.word[2] >> 16;
        c.factor = d.word[4];
        c.mask = mask_of(d.word + kMaskWord);
    } else {
        c.first_row = d.word[2] >> 16;
        c.address = d.word[4] | static_cast<uint64_t>(d.word[5]) << 32;
        c.pitch = d.word[6];
        c.position = d.word[7];
        c.index_address = d.word[8] | static_cast<uint64_t>(d.word[9]) << 32;
        c.index_limit = d.word[10];
    }
    return c;
}

/// Bytes of one row in memory, without padding to the bus width.
/// A state row is one beat with l and m (state.h), then d_v fp32 elements.
constexpr uint32_t row_bytes(const DeviceParams& p, const Command& c) {
    switch (c.opcode) {
        case Opcode::kLoadQ:
        case Opcode::kLoadK: return 2 * c.d_k;
        case Opcode::kLoadV: return 2 * c.d_v;
        case Opcode::kStoreO: return c.has(kFlagBf16) ? 2 * c.d_v : 4 * c.d_v;
        case Opcode::kLoadState:
        case Opcode::kStoreState: return p.bus_bytes + 4 * c.d_v;
        default: return 0;
    }
}

/// What dispatch remembers of earlier commands: how many rows and columns of each state bank, from
/// 0 on, hold no softmax, because the last ATTEND into the bank wrote them with f = identity.
struct IdentityTiles {
    uint32_t rows[kBanks] = {}, d_v[kBanks] = {};

    constexpr void dispatched(const Command& c) {
        if (c.opcode != Opcode::kAttend) return;
        rows[c.state_bank] = c.has(kFlagIdentity) ? c.rows : 0;
        d_v[c.state_bank] = c.d_v;
    }
    /// All that a store reads?
    constexpr bool hold(const Command& c) const {
        return c.state_bank < kBanks && c.first_row + c.rows <= rows[c.state_bank] &&
               c.d_v <= d_v[c.state_bank];
    }
};

namespace detail {

constexpr uint32_t legal_flags(Opcode opcode) {
    switch (opcode) {
        case Opcode::kLoadQ:
        case Opcode::kLoadK:
        case Opcode::kLoadV: return kFlagGather;
        case Opcode::kAttend: return kFlagContinue | kFlagIdentity;
        case Opcode::kStoreO: return kFlagNormalise | kFlagBf16;
        case Opcode::kFence: return kFlagInterrupt;
        default: return 0;
    }
}

constexpr bool in_profile(Profile profile, const Command& c, const IdentityTiles& identity) {
    switch (c.opcode) {
        case Opcode::kLoadState: return profile == Profile::kStateful;
        case Opcode::kStoreState: return profile != Profile::kBlackbox;
        // The rows of a softmax, as they are, would tell its l.
        case Opcode::kStoreO:
            return profile != Profile::kBlackbox || c.has(kFlagNormalise) || identity.hold(c);
        case Opcode::kAttend: return profile == Profile::kStateful || !c.has(kFlagContinue);
        default: return true;
    }
}

constexpr bool banks_legal(const Command& c) {
    return c.q_bank < kBanks && c.k_bank < kBanks && c.v_bank < kBanks && c.state_bank < kBanks;
}

constexpr bool rows_legal(const DeviceParams& p, const Command& c) {
    if (c.opcode == Opcode::kFence) return c.rows == 0 && c.first_row == 0;
    if (c.rows < 1 || c.first_row + c.rows > p.m) return false;
    return c.opcode != Opcode::kAttend || (c.keys >= 1 && c.keys <= p.m);
}

constexpr bool dims_legal(const DeviceParams& p, const Command& c) {
    const bool k_ok = c.d_k >= 1 && c.d_k <= p.d;
    const bool v_ok = c.d_v >= 1 && c.d_v <= p.d;
    switch (c.opcode) {
        case Opcode::kLoadQ:
        case Opcode::kLoadK: return k_ok && c.d_v == 0;
        case Opcode::kAttend: return k_ok && v_ok;
        case Opcode::kLoadV:
        case Opcode::kStoreO: return v_ok && c.d_k == 0;
        case Opcode::kLoadState:
        case Opcode::kStoreState: return c.d_v <= p.d && c.d_k == 0;
        default: return c.d_k == 0 && c.d_v == 0;
    }
}

constexpr bool aligned(const DeviceParams& p, const Command& c) {
    const uint32_t mask = p.bus_bytes - 1;
    if (c.opcode == Opcode::kAttend) return true;
    if ((c.address & mask) != 0 || (c.index_address & mask) != 0) return false;
    if (c.opcode == Opcode::kFence) return c.pitch == 0;
    return (c.pitch & mask) == 0 && c.pitch >= row_bytes(p, c);
}

constexpr bool positions_legal(const DeviceParams& p, const Command& c) {
    if (c.opcode == Opcode::kAttend) return mask_legal(c.mask, p.m);
    if (c.has(kFlagGather)) return c.position == 0 && c.index_limit <= kPositionLimit;
    if (c.index_address != 0 || c.index_limit != 0) return false;
    if (c.opcode == Opcode::kLoadQ || c.opcode == Opcode::kLoadK)
        return c.position < kPositionLimit && c.position + c.rows <= kPositionLimit;
    return c.position == 0;
}

}  // namespace detail

/// What dispatch answers to a descriptor: kNone, or the first rule broken in the order of the
/// codes. Only a black box cares for `identity`.
constexpr ErrorCode check(const DeviceParams& p, const Descriptor& d,
                          const IdentityTiles& identity = {}) {
    const Command c = decode(d);
    const uint32_t opcode = d.word[0] & 0xff;
    if (opcode < 1 || opcode >= kOpcodes) return ErrorCode::kIllegalOpcode;
    if (!detail::in_profile(p.profile, c, identity)) return ErrorCode::kProfile;
    if (!detail::banks_legal(c)) return ErrorCode::kBadBank;
    if (!detail::rows_legal(p, c)) return ErrorCode::kRowsOutOfRange;
    if (!detail::dims_legal(p, c)) return ErrorCode::kDimOutOfRange;
    if (!detail::aligned(p, c)) return ErrorCode::kMisaligned;
    if (!detail::positions_legal(p, c)) return ErrorCode::kBadMask;
    uint32_t reserved = (d.word[0] & 0xc000) |
                        (d.word[0] & kFlagMask & ~detail::legal_flags(c.opcode)) |
                        (d.word[1] >> 16);
    const bool attend = c.opcode == Opcode::kAttend;
    for (uint32_t i = attend ? kMaskWord + kMaskWords : kTransferWords; i < kDescriptorWords; ++i)
        reserved |= d.word[i];
    return reserved == 0 ? ErrorCode::kNone : ErrorCode::kReservedBits;
}

}  // namespace tessera::spec
