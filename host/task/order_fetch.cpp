// SPDX-License-Identifier: MIT
// The state of linear attention as a set of addresses, of which a query asks how many are lower
// than one, or for the next one. Records add 1 or -1 to their address.
#include <algorithm>
#include <cmath>
#include <map>
#include <stdexcept>
#include <utility>

#include "host/task/fetch.h"
#include "host/task/records.h"

namespace tessera::host {
namespace {

constexpr float kOff = -100;  ///< elu(x) + 1 is +0 in fp32

/// Address a is at row a / D, column a mod D of the state. One more row and column hold the
/// reference: all queries read the row, and divide by the column, so that they get sums.
class OrderFetch : public FetchModel {
  public:
    OrderFetch(const FetchSettings& settings, std::string label)
        : FetchModel(std::move(label)), size_(settings.columns) {}

    Fetched fetch(const FetchRequest& request, HeadRunner& runner) override;
    Fetched expected(const FetchRequest& request) const override;
    std::string no_closed_form(const FetchRequest& request) const override {
        if (size_ * size_ >= request.address_count) return "";
        return std::to_string(request.address_count) +
               " addresses need as many places, and there are " + std::to_string(size_ * size_);
    }

  private:
    using Sums = std::vector<float>;  ///< [heads][queries][size_]
    enum class Side { kRows, kColumns };

    uint64_t row(int64_t address) const { return static_cast<uint64_t>(address) / size_ % size_; }
    uint64_t column(int64_t address) const { return static_cast<uint64_t>(address) % size_; }
    HeadOperands state(const FetchRequest& request, size_t heads, Side keys) const;
    void read_row(HeadOperands& operands, size_t head, uint64_t query, uint64_t row) const;
    Sums sums(const HeadOperands& operands, const std::vector<float>& o) const;
    const float* sums_of(const Sums& sums, const FetchRequest& request, size_t head,
                         uint64_t query) const {
        return &sums[(head * request.queries() + query) * size_];
    }
    /// First place from `from` on with something in it but for the own record; size_: none.
    uint64_t first_taken(const float* places, uint64_t from, uint64_t own) const;
    void find_next(const FetchRequest& request, const Sums& lower, HeadRunner& runner,
                   std::vector<int64_t>& found);

    const uint64_t size_;
};

/// The address that a query asks about in either way.
int64_t asked_of(const FetchRequest& request, uint64_t query) {
    return request.asked[0][query] != kNothing ? request.asked[0][query] : request.asked[1][query];
}

/// Queries read nothing but the reference yet. With keys of columns it is the state on its side.
HeadOperands OrderFetch::state(const FetchRequest& request, size_t heads, Side keys) const {
    FetchRequest shape = request;
    shape.asked.assign(heads, request.asked.front());
    HeadOperands operands = shaped(shape, size_ + 1, size_ + 1);
    std::fill(operands.q.begin(), operands.q.end(), kOff);
    std::fill(operands.k.begin(), operands.k.end(), kOff);
    for (size_t head = 0; head < heads; ++head)
        for (uint64_t query = 0; query < request.queries(); ++query)
            query_row(operands, head, query)[size_] = 0;
    if (request.addresses[0] != kNothing)
        throw std::logic_error("the first token is the reference and can have no record");
    key_row(operands, 0)[size_] = 0;
    value_row(operands, 0)[size_] = 1;
    for (uint64_t token = 1; token < request.tokens(); ++token) {
        const int64_t address = request.addresses[token];
        if (address == kNothing) continue;
        const bool rows = keys == Side::kRows;
        key_row(operands, token)[rows ? row(address) : column(address)] = 0;
        value_row(operands, token)[rows ? column(address) : row(address)] =
            static_cast<float>(request.contents[token]);
    }
    return operands;
}

void OrderFetch::read_row(HeadOperands& operands, size_t head, uint64_t query, uint64_t row) const {
    query_row(operands, head, query)[row] = 0;
}

OrderFetch::Sums OrderFetch::sums(const HeadOperands& operands, const std::vector<float>& o) const {
    Sums sums;
    for (size_t head = 0; head < operands.heads; ++head)
        for (uint64_t query = 0; query < operands.tokens; ++query) {
            const float* out = output_row(o, operands, head, query);
            for (uint64_t i = 0; i < size_; ++i)
                sums.push_back(std::nearbyint(out[i] / out[size_]));
        }
    return sums;
}

uint64_t OrderFetch::first_taken(const float* places, uint64_t from, uint64_t own) const {
    for (uint64_t i = from; i < size_; ++i)
        if (places[i] - (i == own ? 1.0F : 0.0F) > 0) return i;
    return size_;
}

Fetched OrderFetch::fetch(const FetchRequest& request, HeadRunner& runner) {
    HeadOperands operands = state(request, 2, Side::kRows);  // all lower rows; the own row
    for (uint64_t query = 0; query < request.queries(); ++query) {
        const int64_t asked = asked_of(request, query);
        if (asked == kNothing) continue;
        for (uint64_t lower = 0; lower < row(asked); ++lower) read_row(operands, 0, query, lower);
        read_row(operands, 1, query, row(asked));
    }
    const Sums lower = sums(operands, runner.linear(label() + ", lower", operands));
    Fetched fetched(2, std::vector<int64_t>(request.queries(), kNothing));
    for (uint64_t query = 0; query < request.queries(); ++query) {
        const int64_t asked = request.asked[0][query];
        if (asked == kNothing) continue;
        float count = 0;
        for (uint64_t i = 0; i < size_; ++i) count += sums_of(lower, request, 0, query)[i];
        for (uint64_t i = 0; i < column(asked); ++i) count += sums_of(lower, request, 1, query)[i];
        fetched[0][query] = std::llrint(count);
    }
    find_next(request, lower, runner, fetched[1]);
    return fetched;
}

/// In the own row, else in the lowest row behind it that has something.
void OrderFetch::find_next(const FetchRequest& request, const Sums& lower, HeadRunner& runner,
                           std::vector<int64_t>& found) {
    HeadOperands rows_state = state(request, 1, Side::kColumns);
    for (uint64_t query = 0; query < request.queries(); ++query)
        for (uint64_t i = 0; i < size_; ++i) read_row(rows_state, 0, query, i);
    const Sums rows = sums(rows_state, runner.linear(label() + ", rows", rows_state));
    HeadOperands next_state = state(request, 1, Side::kRows);
    std::vector<uint64_t> behind(request.queries(), size_);  // that row
    for (uint64_t query = 0; query < request.queries(); ++query) {
        const int64_t asked = request.asked[1][query];
        if (asked == kNothing) continue;
        const uint64_t own =
            first_taken(sums_of(lower, request, 1, query), column(asked), column(asked));
        if (own < size_) {
            found[query] = static_cast<int64_t>(row(asked) * size_ + own);
            continue;
        }
        behind[query] = first_taken(sums_of(rows, request, 0, query), row(asked) + 1, size_);
        found[query] = static_cast<int64_t>(request.address_count);
        if (behind[query] < size_) read_row(next_state, 0, query, behind[query]);
    }
    const Sums next = sums(next_state, runner.linear(label() + ", next", next_state));
    for (uint64_t query = 0; query < request.queries(); ++query)
        if (behind[query] < size_)
            found[query] = static_cast<int64_t>(
                behind[query] * size_ + first_taken(sums_of(next, request, 0, query), 0, size_));
}

Fetched OrderFetch::expected(const FetchRequest& request) const {
    Fetched fetched(2, std::vector<int64_t>(request.queries(), kNothing));
    std::map<int64_t, int64_t> set;  // address, how often
    const auto add = [&](uint64_t token) {
        if (request.addresses[token] != kNothing)
            set[request.addresses[token]] += request.contents[token];
    };
    for (uint64_t token = 0; token < request.first(); ++token) add(token);
    for (uint64_t query = 0; query < request.queries(); ++query) {
        const uint64_t token = request.first() + query;
        const int64_t next = request.asked[1][query];
        if (next != kNothing) {  // before the own record comes in
            auto place = set.lower_bound(next);
            while (place != set.end() && place->second <= 0) ++place;
            fetched[1][query] =
                place == set.end() ? static_cast<int64_t>(request.address_count) : place->first;
        }
        add(token);
        const int64_t below = request.asked[0][query];
        if (below == kNothing) continue;
        int64_t count = 0;
        for (auto place = set.begin(); place != set.lower_bound(below); ++place)
            count += place->second;
        fetched[0][query] = count;
    }
    return fetched;
}

}  // namespace

std::unique_ptr<FetchModel> order_fetch(const FetchSettings& settings, std::string label) {
    return std::make_unique<OrderFetch>(settings, std::move(label));
}

}  // namespace tessera::host
