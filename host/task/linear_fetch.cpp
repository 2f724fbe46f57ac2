// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>
#include <utility>

#include "host/task/fetch.h"
#include "host/task/records.h"

namespace tessera::host {
namespace {

constexpr float kOff = -100;       ///< elu(x) + 1 is +0 in fp32
constexpr int64_t kLargest = 256;  ///< magnitude of a content that bf16 does not round

/// A content as the memory takes it: a chain that went wrong may hold anything.
int64_t stored(int64_t content) {
    return content == kNothing ? 0 : std::clamp(content, -kLargest, kLargest);
}

/// The state of linear attention as a memory: address a is at row a mod D, column a / D. Column D
/// of the values is the reference: 1 from the first record of a row. A read divides by it, so that
/// no count has to be exact.
class LinearFetch : public FetchModel {
  public:
    LinearFetch(const FetchSettings& settings, std::string label)
        : FetchModel(std::move(label)), size_(settings.columns) {}

    Fetched fetch(const FetchRequest& request, HeadRunner& runner) override;
    Fetched expected(const FetchRequest& request) const override;
    std::string no_closed_form(const FetchRequest& request) const override;

  private:
    uint64_t row(int64_t address) const { return static_cast<uint64_t>(address) % size_; }
    /// Addresses beyond the memory share places with others.
    uint64_t column(int64_t address) const {
        return static_cast<uint64_t>(address) / size_ % size_;
    }

    const uint64_t size_;
};

Fetched LinearFetch::fetch(const FetchRequest& request, HeadRunner& runner) {
    HeadOperands operands = shaped(request, size_, size_ + 1);
    std::fill(operands.k.begin(), operands.k.end(), kOff);
    std::vector<bool> touched(size_, false);
    for (uint64_t token = 0; token < request.tokens(); ++token) {
        const int64_t address = request.addresses[token];
        if (address == kNothing) continue;
        key_row(operands, token)[row(address)] = 0;
        float* value = value_row(operands, token);
        value[column(address)] = static_cast<float>(stored(request.contents[token]));
        value[size_] = touched[row(address)] ? 0.0F : 1.0F;
        touched[row(address)] = true;
    }
    for (size_t head = 0; head < request.asked.size(); ++head)
        for (uint64_t query = 0; query < request.queries(); ++query) {
            const int64_t address = request.asked[head][query];
            if (address == kNothing) continue;
            float* features = query_row(operands, head, query);
            std::fill_n(features, size_, kOff);
            features[row(address)] = 0;
        }
    const std::vector<float> o = runner.linear(label(), operands);
    return decoded(request, [&](size_t head, uint64_t query, int64_t asked) {
        const float* sums = output_row(o, operands, head, query);
        const float content = sums[column(asked)] / sums[size_];
        return std::abs(content) <= kLargest ? int64_t{std::llrint(content)} : kNothing;
    });
}

/// Of a row that no record has touched nothing is known; of other addresses in it that they are 0.
Fetched LinearFetch::expected(const FetchRequest& request) const {
    std::vector<uint64_t> first(size_, request.tokens());  // token that touches a row
    for (uint64_t token = request.tokens(); token-- > 0;)
        if (request.addresses[token] != kNothing) first[row(request.addresses[token])] = token;
    const RecordIndex index(request);
    return decoded(request, [&](size_t, uint64_t query, int64_t asked) {
        const uint64_t now = request.first() + query;
        if (first[row(asked)] > now) return kNothing;
        int64_t sum = 0;
        for (const uint64_t token : index.tokens_of(asked)) {
            if (token > now) break;
            sum += stored(request.contents[token]);
        }
        return sum;
    });
}

std::string LinearFetch::no_closed_form(const FetchRequest& request) const {
    if (size_ * size_ >= request.address_count) return "";
    return std::to_string(request.address_count) +
           " addresses need as many places, and there are " + std::to_string(size_ * size_);
}

}  // namespace

std::unique_ptr<FetchModel> linear_fetch(const FetchSettings& settings, std::string label) {
    return std::make_unique<LinearFetch>(settings, std::move(label));
}

}  // namespace tessera::host
