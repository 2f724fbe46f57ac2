// SPDX-License-Identifier: MIT
#include "host/task/codes.h"

#include <algorithm>
#include <cmath>

namespace tessera::host {
namespace {

constexpr float kBitElement = 8;  ///< of queries and keys: 2 * 8 * 8 a bit that is wrong
constexpr float kQueryDigit = 4, kKeyDigit = 8;  ///< 4 * 8 * (y - y')^2, and digits are 2 apart
constexpr uint32_t kDigitBits = 4;
constexpr uint32_t kLeastBits = 2;  ///< so that matches are far above keys that are 0
constexpr float kLargestDigit = 15;
constexpr double kLargestScore = 32767;  ///< docs/contract/device.md, 5
constexpr float kMostDistance = 0.45F;   ///< of a tag; 1 at least for others, 0.5 for a tag of 0
constexpr float kLeastBit = 0.7F;        ///< what a bit of a content must have of its +1 or -1
constexpr uint32_t kNumberBits = 8;
constexpr int64_t kRadix = int64_t{1} << kNumberBits;

float sign_of_bit(int64_t number, uint32_t bit) {
    return ((number >> bit) & 1) != 0 ? 1.0F : -1.0F;
}

}  // namespace

uint32_t bits_for(uint64_t count) {
    uint32_t bits = 1;
    while (bits < 63 && (uint64_t{1} << bits) < count) ++bits;
    return bits;
}

AddressCode::AddressCode(CodeKind kind, uint64_t addresses, uint32_t most_columns,
                         uint32_t reserved)
    : kind_(kind) {
    const uint32_t bits = bits_for(addresses);
    const uint32_t needed =
        kind == CodeKind::kBits ? std::max(bits, kLeastBits) : (bits + kDigitBits - 1) / kDigitBits;
    const uint32_t of_key = kind == CodeKind::kBits ? most_columns : most_columns / 2;
    const uint32_t taken = reserved + squares_of(kind);
    const uint32_t of_value = most_columns > taken ? most_columns - taken : 0;
    parts_ = std::min({needed, of_key, of_value});
    complete_ = parts_ == needed;
    needed_columns_ = std::max(kind == CodeKind::kBits ? needed : 2 * needed, needed + taken);
}

/// -15, -13 ... 15: centred, which halves the range of the scores.
int AddressCode::digit(int64_t address, uint32_t part) const {
    constexpr int kDigits = 1 << kDigitBits;
    return 2 * static_cast<int>((address >> (kDigitBits * part)) & (kDigits - 1)) - (kDigits - 1);
}

/// The sum of (y^2 - 1) / 8, whole numbers.
float AddressCode::squares(int64_t address) const {
    int sum = 0;
    for (uint32_t part = 0; part < parts_; ++part) {
        const int y = digit(address, part);
        sum += (y * y - 1) / 8;
    }
    return static_cast<float>(sum);
}

/// 2xy - y^2 is lowest at x = -y = 15. A bit adds at most its two elements' product.
double AddressCode::largest_gap() const {
    const double digit_score =
        double{kQueryDigit * kKeyDigit} * 3 * double{kLargestDigit * kLargestDigit};
    const double score = kind_ == CodeKind::kBits ? double{kBitElement * kBitElement} : digit_score;
    return kCodeGap * kLargestScore / (score * parts_);
}

/// 2xy - y^2 = x^2 - (x - y)^2 is largest at y = x.
void AddressCode::put_query(int64_t address, float* out) const {
    if (address == kNothing) return void(std::fill_n(out, key_columns(), 0.0F));
    for (uint32_t part = 0; part < parts_; ++part) {
        if (kind_ == CodeKind::kBits) {
            *out++ = kBitElement * sign_of_bit(address, part);
            continue;
        }
        *out++ = kQueryDigit * 2 * static_cast<float>(digit(address, part));
        *out++ = -kQueryDigit;
    }
}

/// Digits of no record: y = 0 with a square that no digit exceeds.
void AddressCode::put_key(int64_t address, float* out) const {
    if (address == kNothing) {
        std::fill_n(out, key_columns(), 0.0F);
        for (uint32_t part = 0; part < parts_ && kind_ == CodeKind::kDigits; ++part)
            out[2 * part + 1] = kKeyDigit * kLargestDigit * kLargestDigit;
        return;
    }
    for (uint32_t part = 0; part < parts_; ++part) {
        if (kind_ == CodeKind::kBits) {
            *out++ = kBitElement * sign_of_bit(address, part);
            continue;
        }
        const auto y = static_cast<float>(digit(address, part));
        *out++ = kKeyDigit * y;
        *out++ = kKeyDigit * y * y;
    }
}

void AddressCode::put_tag(int64_t address, float* out) const {
    for (uint32_t part = 0; part < parts_; ++part)
        *out++ = address == kNothing        ? 0.0F
                 : kind_ == CodeKind::kBits ? sign_of_bit(address, part)
                                            : static_cast<float>(digit(address, part));
    if (kind_ == CodeKind::kDigits) *out = address == kNothing ? 0.0F : squares(address);
}

/// An output has the mean of the tags of all records that it is made of. So it tells their mean
/// distance: in wrong bits, or in (y' - y)^2 / 4, which is (y'^2 - y^2) / 4 - y (y' - y) / 2.
/// Column by column would not do: each of many neighbours is wrong in another one.
float AddressCode::distance(int64_t address, const float* tag) const {
    float distance = kind_ == CodeKind::kDigits ? 2 * (tag[parts_] - squares(address)) : 0.0F;
    for (uint32_t part = 0; part < parts_; ++part) {
        const float exact = kind_ == CodeKind::kBits ? sign_of_bit(address, part)
                                                     : static_cast<float>(digit(address, part));
        distance -= exact * (tag[part] - exact) / 2;
    }
    return distance;
}

bool AddressCode::is_tag_of(int64_t address, const float* tag) const {
    return std::abs(distance(address, tag)) < kMostDistance;  // nor NaN
}

ContentCode::ContentCode(CodeKind kind, uint32_t bits)
    : kind_(kind),
      bits_(bits),
      columns_(kind == CodeKind::kBits ? bits : (bits + kNumberBits - 1) / kNumberBits) {}

void ContentCode::put(int64_t content, float* out) const {
    if (content == kNothing) return void(std::fill_n(out, columns_, 0.0F));
    content = std::clamp<int64_t>(content, 0, (int64_t{1} << bits_) - 1);
    for (uint32_t column = 0; column < columns_; ++column)
        out[column] = kind_ == CodeKind::kBits
                          ? sign_of_bit(content, column)
                          : static_cast<float>((content >> (kNumberBits * column)) % kRadix);
}

int64_t ContentCode::get(const float* elements) const {
    int64_t content = 0;
    for (uint32_t column = columns_; column-- > 0;) {
        const float element = elements[column];
        if (kind_ == CodeKind::kBits) {
            if (!(std::abs(element) > kLeastBit)) return kNothing;
            content = 2 * content + (element > 0 ? 1 : 0);
            continue;
        }
        if (!(std::abs(element) < static_cast<float>(kRadix))) return kNothing;
        content = kRadix * content + std::llrint(element);
    }
    return content;
}

}  // namespace tessera::host
