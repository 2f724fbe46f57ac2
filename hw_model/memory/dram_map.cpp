// SPDX-License-Identifier: MIT
#include "hw_model/memory/dram_spec.h"

#include <initializer_list>

namespace tessera::hw {

namespace {

uint32_t log2_of(uint64_t x) { return static_cast<uint32_t>(__builtin_ctzll(x)); }

/// Takes the lowest `bits` bits off `x`.
uint32_t take(uint64_t& x, uint32_t bits) {
    const uint64_t digit = x & ((uint64_t{1} << bits) - 1);
    x >>= bits;
    return static_cast<uint32_t>(digit);
}

constexpr uint32_t kMopColumns = 2;  // bits of the column that stay lowest

}  // namespace

const char* dram_error(const DramSpec& spec) {
    const DramOrganisation& o = spec.organisation;
    const DramTiming& t = spec.timing;
    const auto power_of_two = [](uint32_t x) { return x != 0 && (x & (x - 1)) == 0; };
    for (const uint32_t count : {o.channels, o.pseudo_channels, o.bank_groups, o.banks_per_group,
                                 o.rows, o.row_bytes, o.transaction_bytes, o.interleave_bytes})
        if (!power_of_two(count))
            return "channels, pseudo_channels, bank_groups, banks_per_group, rows, row_bytes, "
                   "transaction_bytes and interleave_bytes must be powers of two";
    if (uint64_t{o.pseudo_channels} * o.banks() > 64)
        return "pseudo_channels * bank_groups * banks_per_group must be at most 64";
    if (o.interleave_bytes < o.transaction_bytes)
        return "interleave_bytes must be at least transaction_bytes";
    if (o.row_bytes < 4 * o.transaction_bytes)
        return "row_bytes must be at least 4 * transaction_bytes";
    if (t.nREFI != 0 && t.nREFI < 2 * t.nRFC) return "nREFI must be 0 or at least 2 * nRFC";
    return nullptr;
}

DramMap::DramMap(const DramOrganisation& o)
    : mapping_(o.mapping), bits_{log2_of(o.interleave_bytes),  log2_of(o.channels),
                                 log2_of(o.transaction_bytes), log2_of(o.row_transactions()),
                                 log2_of(o.pseudo_channels),   log2_of(o.bank_groups),
                                 log2_of(o.banks_per_group),   log2_of(o.rows)} {}

DramMap::Range DramMap::in_channel(uint32_t channel, uint64_t address, uint64_t bytes) const {
    // The address space in pieces, which go to the channels in turn; without the others', a
    // channel's pieces lie side by side.
    const uint64_t channels = uint64_t{1} << bits_.channel, piece = uint64_t{1} << bits_.interleave;
    const uint64_t last_byte = address + bytes - 1;
    const uint64_t first = address >> bits_.interleave, last = last_byte >> bits_.interleave;
    const uint64_t mine = first + ((channel - first) & (channels - 1));
    if (mine > last) return {};
    const uint64_t my_last = last - ((last - channel) & (channels - 1));
    const uint64_t begin =
        ((mine >> bits_.channel) << bits_.interleave) + (mine == first ? address & (piece - 1) : 0);
    const uint64_t end = ((my_last >> bits_.channel) << bits_.interleave) +
                         (my_last == last ? last_byte & (piece - 1) : piece - 1);
    return {begin >> bits_.transaction, (end >> bits_.transaction) + 1};
}

uint32_t DramMap::neighbours(uint64_t n) const {
    if (mapping_ == DramMapping::kMop4Clxor) return 1;
    const uint64_t row = uint64_t{1} << bits_.column;
    return static_cast<uint32_t>(row - (n & (row - 1)));
}

DramAddress DramMap::place(uint64_t n) const {
    DramAddress a;
    uint64_t x = n;
    const bool mop = mapping_ == DramMapping::kMop4Clxor;
    a.column = take(x, mop ? kMopColumns : bits_.column);
    a.pseudo_channel = take(x, bits_.pseudo_channel);
    a.bank_group = take(x, bits_.bank_group);
    a.bank = take(x, bits_.bank);
    if (mop) a.column |= take(x, bits_.column - kMopColumns) << kMopColumns;
    a.row = take(x, bits_.row);
    if (!mop) return a;
    // The column's bits, from the lowest up, change where the transaction goes.
    uint64_t spread = a.column;
    a.pseudo_channel ^= take(spread, bits_.pseudo_channel);
    a.bank_group ^= take(spread, bits_.bank_group);
    a.bank ^= take(spread, bits_.bank);
    a.row ^= take(spread, bits_.row);
    return a;
}

}  // namespace tessera::hw
