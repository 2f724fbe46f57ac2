// SPDX-License-Identifier: MIT
// What a DRAM is: organisation and timing constraints in its own clocks, with JEDEC's names. Data,
// not code: the presets are files in configs/memories/.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

namespace tessera::hw {

/// Cycle of a DRAM's command clock.
using Clock = uint64_t;

/// Constraints between commands, in clocks.
struct DramTiming {
    uint32_t nBL = 4;              ///< data of a column command on the bus
    uint32_t nCL = 16, nCWL = 12;  ///< read / write command to first data
    uint32_t nRCDRD = 16, nRCDWR = 16;
    uint32_t nRP = 16, nRAS = 39, nRC = 55;
    uint32_t nRTP = 9, nWR = 18;
    uint32_t nCCDS = 4, nCCDL = 6;
    uint32_t nRRDS = 4, nRRDL = 6;
    uint32_t nWTRS = 3, nWTRL = 9;  ///< end of write data to read command
    uint32_t nFAW = 26;
    uint32_t nRFC = 433, nREFI = 9364;  ///< nREFI 0: no refresh

    /// Read command to write command: the read's data has left the bus, and two clocks more.
    uint32_t read_to_write() const { return nCL + nBL + 2 > nCWL ? nCL + nBL + 2 - nCWL : 1; }
    uint32_t write_to_read_same_group() const { return nCWL + nBL + nWTRL; }
    uint32_t write_to_read() const { return nCWL + nBL + nWTRS; }
    uint32_t write_to_precharge() const { return nCWL + nBL + nWR; }
};

enum class DramMapping : uint32_t { kRoBaRaCoCh, kMop4Clxor };

/// Counts are powers of two.
struct DramOrganisation {
    uint32_t channels = 1, pseudo_channels = 1, bank_groups = 4, banks_per_group = 4;
    uint32_t rows = 65536;
    uint32_t row_bytes = 8192;        ///< of one bank of one (pseudo-)channel
    uint32_t transaction_bytes = 64;  ///< moved by one column command
    uint32_t interleave_bytes = 64;   ///< neighbouring pieces so large go to different channels
    uint32_t activate_clocks = 1;     ///< row bus occupied by ACT; its timings count from the last
    uint32_t command_buses = 1;       ///< 2: row and column commands have one each
    DramMapping mapping = DramMapping::kRoBaRaCoCh;

    uint32_t banks() const { return bank_groups * banks_per_group; }
    uint32_t row_transactions() const { return row_bytes / transaction_bytes; }
};

/// How often a controller asks which direction goes first (docs/contract/memory.md, Policies).
enum class DramPolicy : uint32_t { kRamulator2, kRegistered };
inline constexpr std::array<const char*, 2> kDramPolicies = {"ramulator2", "registered"};

struct DramController {
    DramPolicy policy = DramPolicy::kRamulator2;
    bool forwarding = false;  ///< reads are answered from the queue of writes

    const char* policy_name() const { return kDramPolicies.at(static_cast<size_t>(policy)); }
};

struct DramSpec {
    uint32_t tCK_ps = 833;
    DramOrganisation organisation;
    DramTiming timing;
    DramController controller;
};

/// What is wrong with it, as "KEY must ..."; nullptr if nothing is.
const char* dram_error(const DramSpec& spec);

/// Place of a transaction within its channel.
struct DramAddress {
    uint32_t pseudo_channel = 0, bank_group = 0, bank = 0;
    uint32_t row = 0, column = 0;  ///< column in transactions
};

/// Where addresses are. Beyond the capacity, rows repeat.
class DramMap {
  public:
    explicit DramMap(const DramOrganisation& organisation);

    /// [first, end) of the transactions, counted within channel `channel`, that hold the bytes
    /// [address, address + bytes).
    struct Range {
        uint64_t first = 0, end = 0;
    };
    Range in_channel(uint32_t channel, uint64_t address, uint64_t bytes) const;
    /// Place of the n-th transaction of a channel.
    DramAddress place(uint64_t n) const;
    /// How many transactions from the n-th on are neighbours in one row.
    uint32_t neighbours(uint64_t n) const;

  private:
    struct Bits {
        uint32_t interleave, channel, transaction, column, pseudo_channel, bank_group, bank, row;
    };
    DramMapping mapping_;
    Bits bits_;
};

}  // namespace tessera::hw
