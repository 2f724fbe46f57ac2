// SPDX-License-Identifier: MIT
// Longest increasing subsequences: of a list a, dp(i) is the length of the longest one that ends
// with a(i). It takes the largest of all dp(j) with j < i and a(j) < a(i), not a fixed number of
// cells.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/task/draws.h"
#include "host/task/tasks.h"

namespace tessera::host {
namespace {

constexpr uint64_t kSpare = 150;  ///< numbers are below size + kSpare
constexpr int64_t kRadix = 256;   ///< of a number in two contents

struct LisData {
    explicit LisData(uint64_t size, uint64_t seed);

    std::vector<int64_t> numbers;   ///< a
    std::vector<int64_t> lengths;   ///< dp
    std::vector<int64_t> replaced;  ///< the tail that a(i) takes the place of; the limit: none
    int64_t limit = 0;              ///< numbers are below it
};

/// `runs` times increasing numbers lie somewhere among random ones. A tail is the lowest number
/// with which a subsequence of its length can end (patience sorting).
LisData::LisData(uint64_t size, uint64_t seed) : limit(static_cast<int64_t>(size + kSpare)) {
    Draws draws(seed);
    const auto runs = 1 + static_cast<uint64_t>(draws.below(3));
    numbers = draws.list(size, size + kSpare);
    for (uint64_t run = 0; run < runs; ++run) {
        const int64_t length = 1 + draws.below(std::max<uint64_t>(size / runs, 1));
        const int64_t start = draws.below(size - static_cast<uint64_t>(length) + 1);
        std::vector<int64_t> drawn = draws.permutation(size + kSpare);
        std::sort(drawn.begin(), drawn.begin() + length);
        std::copy_n(drawn.begin(), length, numbers.begin() + start);
    }
    std::vector<int64_t> tails;
    for (const int64_t number : numbers) {
        const auto place = std::lower_bound(tails.begin(), tails.end(), number);
        lengths.push_back(place - tails.begin() + 1);
        replaced.push_back(place == tails.end() ? limit : *place);
        if (place == tails.end())
            tails.push_back(number);
        else
            *place = number;
    }
}

/// What both chains have in common: the list, a separator, then the chain. Fields: symbol, number,
/// and while it goes through the layers the next number.
class LisTask : public ChainTask {
  public:
    LisTask(uint64_t size, uint64_t seed) : size_(size), data_(size, seed) {}

    bool counts(uint64_t p) const override { return p >= size_ && p + 1 < tokens(); }
    std::vector<std::string> field_names() const override { return {"symbol", "number"}; }

  protected:
    enum : size_t { kSymbol, kNumber, kNext };

    uint64_t size() const { return size_; }
    const LisData& data() const { return data_; }
    uint64_t limit() const { return static_cast<uint64_t>(data_.limit); }
    /// The list and the separator.
    Fields given(uint64_t p) const { return fields_of(p < size_ ? data_.numbers[p] : data_.limit); }
    std::string length_question(uint64_t i) const {
        return fmt::format("the length of what ends with number {}, {}", i, data_.numbers[i]);
    }

  private:
    const uint64_t size_;
    const LisData data_;
};

/// dp(0), dp(1) ...: layer 1 fetches a(i), layer 2 the largest of the dp(j).
class DirectLisTask : public LisTask {
  public:
    using LisTask::LisTask;

    uint64_t tokens() const override { return 2 * size() + 1; }
    std::vector<Layer> layers() const override {
        return {{tokens(), bits_for(limit()), 1},
                {limit(), bits_for(size() + 1), 1, Lookup::kLargestBelow}};
    }
    Fields token(uint64_t p) const override {
        if (p <= size()) return given(p);
        const uint64_t i = p - size() - 1;
        return fields_of(data().lengths[i], data().numbers[i]);
    }
    FetchRecord record(size_t layer, uint64_t p, const Fields& fields) const override {
        if (layer == 0)
            return p < size() ? FetchRecord{static_cast<int64_t>(p), fields[kSymbol]}
                              : FetchRecord();
        return p > size() ? FetchRecord{fields[kNumber], fields[kSymbol]} : FetchRecord();
    }
    std::vector<int64_t> asks(size_t layer, uint64_t p, const Fields& fields) const override {
        if (!counts(p)) return {kNothing};
        return {layer == 0 ? static_cast<int64_t>(p - size()) : fields[kNext]};
    }
    Fields update(size_t layer, uint64_t p, const Fields& fields,
                  const std::vector<int64_t>& fetched) const override {
        if (layer == 0) {
            Fields updated = fields;
            updated[kNext] = counts(p) ? fetched[0] : kNothing;
            return updated;
        }
        if (!counts(p) || fetched[0] == kNothing) return fields_of();
        return fields_of(fetched[0] + 1, fields[kNext]);
    }
    std::string question(uint64_t p) const override { return length_question(p - size()); }
    const char* answers_name() const override { return "lengths"; }
};

/// dp(0), the tail that a(0) replaces, dp(1) ...: layers 1 and 2 fetch the two halves of a number,
/// layer 3 looks into the set of tails. A length adds its number to the set, and what follows takes
/// the replaced tail out.
class PatienceTask : public LisTask {
  public:
    using LisTask::LisTask;

    uint64_t tokens() const override { return 3 * size() + 1; }
    std::vector<Layer> layers() const override {
        return {{size(), 8, 1}, {size(), 8, 1}, {limit(), 8, 2, Lookup::kOrder}};
    }
    Fields token(uint64_t p) const override {
        if (p <= size()) return given(p);
        const uint64_t i = index(p);
        return is_length(p) ? fields_of(data().lengths[i], data().numbers[i])
                            : fields_of(data().replaced[i]);
    }
    FetchRecord record(size_t layer, uint64_t p, const Fields& fields) const override;
    std::vector<int64_t> asks(size_t layer, uint64_t p, const Fields& fields) const override;
    Fields update(size_t layer, uint64_t p, const Fields& fields,
                  const std::vector<int64_t>& fetched) const override;
    std::string question(uint64_t p) const override {
        const uint64_t i = index(p + 1);
        return is_length(p + 1) ? length_question(i)
                                : fmt::format("the tail that number {} replaces", i);
    }
    const char* answers_name() const override { return "symbols"; }

  private:
    uint64_t index(uint64_t p) const { return (p - size() - 1) / 2; }
    bool is_length(uint64_t p) const { return p > size() && (p - size()) % 2 == 1; }
    bool is_number(int64_t x) const { return x >= 0 && x < data().limit; }
};

FetchRecord PatienceTask::record(size_t layer, uint64_t p, const Fields& fields) const {
    if (layer == 0 && p < size()) return {static_cast<int64_t>(p), fields[kSymbol] % kRadix};
    if (layer == 1 && p < size()) return {static_cast<int64_t>(p), fields[kSymbol] / kRadix};
    if (layer != 2 || p <= size()) return {};
    const int64_t number = is_length(p) ? fields[kNumber] : fields[kSymbol];
    return is_number(number) ? FetchRecord{number, is_length(p) ? 1 : -1} : FetchRecord();
}

std::vector<int64_t> PatienceTask::asks(size_t layer, uint64_t p, const Fields& fields) const {
    const bool of_tail = is_length(p);
    if (layer < 2) return {counts(p) && !of_tail ? static_cast<int64_t>(index(p + 1)) : kNothing};
    const int64_t number = fields[of_tail ? kNumber : kNext];
    if (!counts(p) || !is_number(number)) return {kNothing, kNothing};
    return of_tail ? std::vector<int64_t>{kNothing, number}
                   : std::vector<int64_t>{number, kNothing};
}

Fields PatienceTask::update(size_t layer, uint64_t p, const Fields& fields,
                            const std::vector<int64_t>& fetched) const {
    Fields updated = fields;
    if (layer == 0) updated[kNext] = fetched[0];
    if (layer == 1 && fetched[0] != kNothing && fields[kNext] != kNothing)
        updated[kNext] = fields[kNext] + kRadix * fetched[0];
    if (layer < 2) return updated;
    const int64_t found = fetched[is_length(p) ? 1 : 0];
    if (!counts(p) || found == kNothing) return fields_of();
    return is_length(p) ? fields_of(found) : fields_of(found + 1, fields[kNext]);
}

}  // namespace

std::unique_ptr<Task> lis_task(uint64_t size, Addressing addressing, uint64_t seed) {
    if (addressing == Addressing::kStored) return std::make_unique<PatienceTask>(size, seed);
    return std::make_unique<DirectLisTask>(size, seed);
}

}  // namespace tessera::host
