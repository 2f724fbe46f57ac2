// SPDX-License-Identifier: MIT
// The largest content of all records with lower addresses, by softmax attention: a head for each
// bit of an address. If that bit of the address asked for is 1, its head looks for records whose
// higher bits are the same and whose bit is 0. Together those are all lower addresses.
#include <algorithm>
#include <cmath>
#include <utility>

#include "host/error.h"
#include "host/task/fetch.h"
#include "host/task/records.h"
#include "host/task/visibility.h"

namespace tessera::host {
namespace {

constexpr double kLn2 = 0.6931471805599453;  // scores are powers of two
constexpr float kStep = 12;             ///< what a content that is larger by 1 adds to the score
constexpr float kApart = 32;            ///< a record that does not match is lower by at least that
constexpr float kLargestScore = 32767;  ///< docs/contract/device.md, 5
constexpr uint32_t kContentColumns = 2;
constexpr int64_t kRadix = 256;
constexpr float kBitError = 0.01F;

class LargestFetch : public FetchModel {
  public:
    LargestFetch(FetchSettings settings, std::string label)
        : FetchModel(std::move(label)), settings_(std::move(settings)) {}

    Fetched fetch(const FetchRequest& request, HeadRunner& runner) override;
    Fetched expected(const FetchRequest& request) const override;
    std::string no_closed_form(const FetchRequest&) const override {
        if (!settings_.experiment.schedule.approximation.rule) return "";
        return "which tiles an approximation sees depends on the data";
    }

  private:
    const FetchSettings settings_;
};

/// +1 or -1 of a bit, the highest first.
float sign_of(int64_t address, uint32_t bit, uint32_t bits) {
    return ((address >> (bits - 1 - bit)) & 1) != 0 ? 1.0F : -1.0F;
}

/// What a bit that differs costs, twice this, is more than contents can add.
float bit_weight(const FetchRequest& request) {
    const float most = kStep * static_cast<float>((uint64_t{1} << request.content_bits) - 1);
    if (most > kLargestScore) throw std::logic_error("contents too large for their scores");
    return std::exp2(std::ceil(std::log2((most + kApart) / 2)));
}

/// Keys: the bits, 1, the content in two parts. Tokens without a record are below all matches, but
/// never so far that their scores clamp: where nothing matches they are what a query sees.
void put_key(const FetchRequest& request, uint64_t token, uint32_t bits, float weight, float* out) {
    const int64_t address = request.addresses[token], content = request.contents[token];
    std::fill_n(out, bits, 0.0F);
    out[bits] = address == kNothing ? 2 * kApart / weight : 1.0F;
    if (address == kNothing) return;
    for (uint32_t bit = 0; bit < bits; ++bit) out[bit] = sign_of(address, bit, bits);
    out[bits + 1] = static_cast<float>(content - content % kRadix);
    out[bits + 2] = static_cast<float>(content % kRadix);
}

void put_value(const FetchRequest& request, uint64_t token, uint32_t bits, float* out) {
    const int64_t address = request.addresses[token], content = request.contents[token];
    if (address == kNothing) return;
    const int64_t high = content / kRadix;
    out[0] = static_cast<float>(high);
    out[1] = static_cast<float>(content % kRadix);
    for (uint32_t bit = 0; bit < bits; ++bit)
        out[kContentColumns + bit] = sign_of(address, bit, bits);
}

bool head_asks(int64_t asked, uint32_t head, uint32_t bits) {
    return asked != kNothing && sign_of(asked, head, bits) > 0;
}

/// A match scores kStep times its content, others 2 * weight less for each bit that differs.
void put_query(int64_t asked, uint32_t head, uint32_t bits, float weight, float* out) {
    if (!head_asks(asked, head, bits)) return;
    for (uint32_t bit = 0; bit < head; ++bit) out[bit] = weight * sign_of(asked, bit, bits);
    out[head] = -weight;
    out[bits] = -weight * static_cast<float>(head + 1);
    out[bits + 1] = out[bits + 2] = kStep;
}

/// The content of a head that found a match, else 0.
int64_t content_of(int64_t asked, uint32_t head, uint32_t bits, const float* row) {
    if (!head_asks(asked, head, bits)) return 0;
    for (uint32_t bit = 0; bit <= head; ++bit) {
        const float sign = bit == head ? -1.0F : sign_of(asked, bit, bits);
        if (!(std::abs(row[kContentColumns + bit] - sign) < kBitError)) return 0;
    }
    return std::llrint(row[0] * static_cast<float>(kRadix) + row[1]);
}

Fetched LargestFetch::fetch(const FetchRequest& request, HeadRunner& runner) {
    const uint32_t bits = bits_for(request.address_count);
    const float weight = bit_weight(request);
    FetchRequest of_heads = request;
    of_heads.asked.assign(bits, request.asked.front());
    HeadOperands operands =
        shaped(of_heads, largest_fetch_columns(request.address_count), kContentColumns + bits);
    operands.scores_may_clamp = true;
    for (uint64_t token = 0; token < request.tokens(); ++token) {
        put_key(request, token, bits, weight, key_row(operands, token));
        put_value(request, token, bits, value_row(operands, token));
    }
    for (uint32_t head = 0; head < bits; ++head)
        for (uint64_t query = 0; query < request.queries(); ++query)
            put_query(request.asked[0][query], head, bits, weight,
                      query_row(operands, head, query));
    const std::vector<float> o =
        runner.attention(label(), operands, settings_.experiment.workload.mask, kLn2);
    return decoded(request, [&](size_t, uint64_t query, int64_t asked) {
        int64_t largest = 0;
        for (uint32_t head = 0; head < bits; ++head)
            largest = std::max(largest,
                               content_of(asked, head, bits, output_row(o, operands, head, query)));
        return largest;
    });
}

Fetched LargestFetch::expected(const FetchRequest& request) const {
    Visibility visibility(settings_.experiment, request.queries(), request.tokens());
    return decoded(request, [&](size_t, uint64_t query, int64_t asked) {
        visibility.look_from(query);
        int64_t largest = 0;
        for (uint64_t token = 0; token < request.tokens(); ++token)
            if (request.addresses[token] != kNothing && request.addresses[token] < asked &&
                request.contents[token] > largest && visibility.sees(token))
                largest = request.contents[token];
        return largest;
    });
}

}  // namespace

uint32_t largest_fetch_columns(uint64_t address_count) { return bits_for(address_count) + 3; }

std::unique_ptr<FetchModel> largest_fetch(const FetchSettings& settings, std::string label) {
    return std::make_unique<LargestFetch>(settings, std::move(label));
}

}  // namespace tessera::host
