// SPDX-License-Identifier: MIT
// Retrieval of values by keys: key-value (one layer, records are known) and multi-query associative
// recall (two layers, the first of which finds the pairs).
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/task/draws.h"
#include "host/task/tasks.h"

namespace tessera::host {
namespace {

/// Records with a key and a value, then queries, each with a key; fields: key, value.
class KeyValueTask : public Task {
  public:
    KeyValueTask(const KeyValueShape& shape, uint64_t seed) : shape_(shape) {
        Draws draws(seed);
        keys_ = draws.permutation(shape.pairs);
        values_ = draws.list(shape.pairs, kValues);
        asked_ = draws.permutation(shape.pairs);
        const uint64_t room = shape.tokens - shape.pairs;  // in front of the queries
        std::vector<int64_t> slots(room);
        for (uint64_t i = 0; i < room; ++i) slots[i] = static_cast<int64_t>(i);
        if (shape.layout == Layout::kSpread) slots = draws.permutation(room);
        const uint64_t begin =
            shape.layout == Layout::kFirst ? (room - shape.pairs) * shape.depth / 100 : 0;
        owner_.assign(room, kNothing);
        value_of_.resize(shape.pairs);
        for (uint64_t i = 0; i < shape.pairs; ++i) {
            owner_[static_cast<uint64_t>(slots[begin + i])] = static_cast<int64_t>(i);
            value_of_[static_cast<uint64_t>(keys_[i])] = values_[i];
        }
    }

    uint64_t tokens() const override { return shape_.tokens; }
    std::vector<Layer> layers() const override { return {{shape_.pairs, kValueBits, 1}}; }
    Fields token(uint64_t p) const override {
        if (is_query(p)) return fields_of(key_asked(p));
        const int64_t owner = owner_[p];
        if (owner == kNothing) return fields_of();
        return fields_of(keys_[static_cast<uint64_t>(owner)],
                         values_[static_cast<uint64_t>(owner)]);
    }
    FetchRecord record(size_t, uint64_t, const Fields& fields) const override {
        return fields[1] == kNothing ? FetchRecord() : FetchRecord{fields[0], fields[1]};
    }
    std::vector<int64_t> asks(size_t, uint64_t, const Fields& fields) const override {
        return {fields[1] == kNothing ? fields[0] : kNothing};
    }
    Fields update(size_t, uint64_t, const Fields&,
                  const std::vector<int64_t>& fetched) const override {
        return fields_of(fetched[0]);
    }
    bool counts(uint64_t p) const override { return is_query(p); }
    bool emits(uint64_t) const override { return false; }
    Fields answer(uint64_t p) const override {
        return fields_of(value_of_[static_cast<uint64_t>(key_asked(p))]);
    }
    std::string question(uint64_t p) const override {
        return fmt::format("the value of key {}", key_asked(p));
    }
    const char* answers_name() const override { return "values"; }
    std::vector<std::string> field_names() const override { return {"key", "value"}; }

  private:
    static constexpr uint32_t kValueBits = 8;
    static constexpr uint64_t kValues = 1 << kValueBits;

    bool is_query(uint64_t p) const { return p >= shape_.tokens - shape_.pairs; }
    int64_t key_asked(uint64_t p) const { return asked_[p - (shape_.tokens - shape_.pairs)]; }

    const KeyValueShape shape_;
    std::vector<int64_t> keys_, values_, asked_;
    std::vector<int64_t> owner_;     ///< of each token in front of the queries: its pair
    std::vector<int64_t> value_of_;  ///< of each key
};

enum TokenClass : int64_t { kFiller, kKey, kValue };

/// Pairs of a key token and a value token, later each key once again; fields: class, id, and of a
/// value behind layer 1 the key in front of it.
class RecallTask : public Task {
  public:
    RecallTask(const KeyValueShape& shape, uint64_t seed);

    uint64_t tokens() const override { return tokens_.size(); }
    std::vector<Layer> layers() const override {
        return {{tokens(), id_bits_ + 1, 1}, {ids_, id_bits_, 1}};
    }
    Fields token(uint64_t p) const override { return tokens_[p]; }
    FetchRecord record(size_t layer, uint64_t p, const Fields& fields) const override;
    std::vector<int64_t> asks(size_t layer, uint64_t p, const Fields& fields) const override;
    Fields update(size_t layer, uint64_t p, const Fields& fields,
                  const std::vector<int64_t>& fetched) const override;
    bool counts(uint64_t p) const override { return answers_[p] != kNothing; }
    bool emits(uint64_t) const override { return false; }
    Fields answer(uint64_t p) const override { return fields_of(answers_[p]); }
    std::string question(uint64_t p) const override {
        return fmt::format("the value of key {}", tokens_[p][1]);
    }
    const char* answers_name() const override { return "values"; }
    std::vector<std::string> field_names() const override { return {"class", "id", "key"}; }

  private:
    int64_t key_mark() const { return int64_t{1} << id_bits_; }

    uint64_t ids_;
    uint32_t id_bits_;
    std::vector<Fields> tokens_;
    std::vector<int64_t> answers_;  ///< of each token; kNothing: nothing is asked there
};

/// So many different numbers of 1 to `most`, by p(x) about 1 / x: an octave, then a number in it.
std::vector<int64_t> drawn_gaps(uint64_t count, uint64_t most, Draws& draws) {
    std::vector<bool> taken(most + 1, false);
    std::vector<int64_t> gaps;
    gaps.reserve(count);
    uint32_t octaves = 1;
    while ((uint64_t{1} << octaves) <= most) ++octaves;
    while (gaps.size() < count) {
        const auto octave = int64_t{1} << draws.below(octaves);
        const int64_t gap = octave + draws.below(static_cast<uint64_t>(octave));
        if (static_cast<uint64_t>(gap) > most || taken[static_cast<uint64_t>(gap)]) continue;
        taken[static_cast<uint64_t>(gap)] = true;
        gaps.push_back(gap);
    }
    return gaps;
}

RecallTask::RecallTask(const KeyValueShape& shape, uint64_t seed)
    : ids_(2 * shape.pairs), id_bits_(bits_for(ids_)) {
    const uint64_t pairs = shape.pairs;
    Draws draws(seed);
    const std::vector<int64_t> keys = draws.permutation(ids_), values = draws.list(pairs, ids_);
    std::vector<uint64_t> pair_at(pairs), query_at(pairs);
    if (shape.layout == Layout::kFirst) {
        const std::vector<int64_t> gaps = drawn_gaps(pairs, (shape.tokens - 2 * pairs) / 2, draws);
        for (uint64_t i = 0; i < pairs; ++i) {
            pair_at[i] = 2 * i;
            query_at[i] = 2 * pairs + 2 * static_cast<uint64_t>(gaps[i] - 1);
        }
    } else {
        std::vector<int64_t> slots = draws.permutation(shape.tokens / 2);
        slots.resize(2 * pairs);
        for (uint64_t i = 0; i < pairs; ++i) {
            const auto [early, late] = std::minmax(slots[2 * i], slots[2 * i + 1]);
            pair_at[i] = 2 * static_cast<uint64_t>(early);
            query_at[i] = 2 * static_cast<uint64_t>(late);
        }
    }
    tokens_.assign(shape.tokens, fields_of(kFiller, 0));
    answers_.assign(shape.tokens, kNothing);
    for (uint64_t i = 0; i < pairs; ++i) {
        tokens_[pair_at[i]] = tokens_[query_at[i]] = fields_of(kKey, keys[i]);
        tokens_[pair_at[i] + 1] = fields_of(kValue, values[i]);
        answers_[query_at[i]] = values[i];
    }
}

/// Layer 1: every token under its position, marked if it is a key. Layer 2: a value under its key.
FetchRecord RecallTask::record(size_t layer, uint64_t p, const Fields& fields) const {
    if (layer == 0)
        return {static_cast<int64_t>(p), fields[1] + (fields[0] == kKey ? key_mark() : 0)};
    return {fields[2], fields[0] == kValue ? fields[1] : kNothing};
}

std::vector<int64_t> RecallTask::asks(size_t layer, uint64_t p, const Fields& fields) const {
    if (layer == 0) return {p == 0 ? kNothing : static_cast<int64_t>(p) - 1};
    return {fields[0] == kKey ? fields[1] : kNothing};
}

Fields RecallTask::update(size_t layer, uint64_t, const Fields& fields,
                          const std::vector<int64_t>& fetched) const {
    if (layer == 1) return fields_of(fetched[0]);
    Fields next = fields;
    if (fields[0] == kValue && fetched[0] >= key_mark()) next[2] = fetched[0] - key_mark();
    return next;
}

}  // namespace

std::unique_ptr<Task> key_value_task(const KeyValueShape& shape, uint64_t seed) {
    return std::make_unique<KeyValueTask>(shape, seed);
}

std::unique_ptr<Task> recall_task(const KeyValueShape& shape, uint64_t seed) {
    return std::make_unique<RecallTask>(shape, seed);
}

}  // namespace tessera::host
