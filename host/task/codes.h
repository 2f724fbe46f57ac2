// SPDX-License-Identifier: MIT
// Addresses and contents as elements of queries, keys and values. All elements are whole numbers of
// at most 8 significant bits, so that bf16 rounds none of them (docs/use/tasks.md, section 3).
#pragma once
#include <cstdint>
#include <limits>

namespace tessera::host {

/// No address, no content, or a content that is not known.
inline constexpr int64_t kNothing = std::numeric_limits<int64_t>::min();

/// What a fetch asks of records.
enum class Lookup {
    kContent,       ///< the content at an address
    kLargestBelow,  ///< the largest content at lower addresses, 0 if there is none
    /// Of a set of addresses, into which records put theirs (content 1), or from which they take it
    /// (content -1): fetch 0 how many are lower; fetch 1 the lowest from there on, but for the own
    /// record, or the number of addresses if there is none.
    kOrder
};

enum class CodeKind {
    kDigits,  ///< base 16, two columns of a key a digit: few columns
    kBits     ///< +1 and -1, a column a bit: every match has the same score
};

/// Bits of the numbers below `count`; at least 1.
uint32_t bits_for(uint64_t count);

/// The distance of scores, in powers of two, that the codes have with a scale of ln 2; and the one
/// that tasks take: less lets other records through, more clamps the scores of long digits.
inline constexpr double kCodeGap = 128, kUsualGap = 32;

/// An address. A query scores highest at the keys of its own address; others are lower by at least
/// kCodeGap powers of two.
class AddressCode {
  public:
    /// Of addresses below `addresses`, in at most `most_columns` columns of a key or value; digits
    /// that do not fit are dropped, the highest first. `reserved` columns of the value are taken.
    AddressCode(CodeKind kind, uint64_t addresses, uint32_t most_columns, uint32_t reserved);

    uint32_t key_columns() const { return kind_ == CodeKind::kBits ? parts_ : 2 * parts_; }
    uint32_t tag_columns() const { return parts_ + squares_of(kind_); }
    /// The fewest that a tag has.
    static uint32_t least_tag_columns(CodeKind kind) { return 1 + squares_of(kind); }
    /// Are all digits there?
    bool complete() const { return complete_; }
    uint32_t needed_columns() const { return needed_columns_; }
    /// The largest gap, as a share of kCodeGap, at which the device clamps no score.
    double largest_gap() const;
    /// Elements of a query, a key, and the tag in a value, by which a reader knows whose content it
    /// got: no mixture of others has the same tag. A query and a tag of kNothing are 0; a key of
    /// kNothing is far from all queries.
    void put_query(int64_t address, float* out) const;
    void put_key(int64_t address, float* out) const;
    void put_tag(int64_t address, float* out) const;
    bool is_tag_of(int64_t address, const float* tag) const;

  private:
    /// Columns of a tag for the squares of its digits.
    static uint32_t squares_of(CodeKind kind) { return kind == CodeKind::kDigits ? 1 : 0; }
    int digit(int64_t address, uint32_t part) const;
    float squares(int64_t address) const;
    /// The mean distance from `address` of the records behind a tag; at least 1 of all others.
    float distance(int64_t address, const float* tag) const;

    CodeKind kind_;
    uint32_t parts_ = 0;  ///< bits or digits
    uint32_t needed_columns_ = 0;
    bool complete_ = false;
};

/// A content: as bits, or as whole numbers of 8 bits, the lowest first.
class ContentCode {
  public:
    ContentCode(CodeKind kind, uint32_t bits);

    uint32_t columns() const { return columns_; }
    /// Of kNothing all elements are 0. A content that the code does not have becomes the nearest
    /// one: a chain that went wrong may hold anything.
    void put(int64_t content, float* out) const;
    /// The content that was put, also from elements that are a little off; kNothing if they are
    /// none, as a mixture of bits that differ.
    int64_t get(const float* elements) const;

  private:
    CodeKind kind_;
    uint32_t bits_, columns_;
};

}  // namespace tessera::host
