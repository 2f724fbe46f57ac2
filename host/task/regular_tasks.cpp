// SPDX-License-Identifier: MIT
// Regular dynamic programming: dp(i) = 5 dp(h(i)) + s(g(i)) + i modulo 64, where h and g are drawn.
// A wrong fetch shows in the cell.
#include <fmt/format.h>

#include <utility>

#include "host/task/draws.h"
#include "host/task/tasks.h"

namespace tessera::host {
namespace {

constexpr uint64_t kModulus = 64;

int64_t cell_of(uint64_t i, int64_t before, int64_t input) {
    const int64_t sum = (i > 0 ? 5 * before : 0) + input + static_cast<int64_t>(i);
    return sum % static_cast<int64_t>(kModulus);
}

/// Inputs, then cells; fields: symbol.
class RegularTask : public ChainTask {
  public:
    RegularTask(uint64_t size, uint64_t seed) : size_(size) {
        Draws draws(seed);
        symbols_ = draws.list(size, kModulus);
        before_.assign(size, 0);
        for (uint64_t i = 1; i < size; ++i) before_[i] = static_cast<uint64_t>(draws.below(i));
        for (uint64_t i = 0; i < size; ++i)
            input_.push_back(static_cast<uint64_t>(draws.below(size)));
        for (uint64_t i = 0; i < size; ++i)
            symbols_.push_back(
                cell_of(i, i > 0 ? symbols_[size + before_[i]] : 0, symbols_[input_[i]]));
    }

    uint64_t tokens() const override { return symbols_.size(); }
    std::vector<Layer> layers() const override { return {{tokens(), 8, 2}}; }
    Fields token(uint64_t p) const override { return fields_of(symbols_[p]); }
    FetchRecord record(size_t, uint64_t p, const Fields& fields) const override {
        return {static_cast<int64_t>(p), fields[0]};
    }
    std::vector<int64_t> asks(size_t, uint64_t p, const Fields&) const override {
        if (!counts(p)) return {kNothing, kNothing};
        const uint64_t i = next_cell(p);
        return {i > 0 ? static_cast<int64_t>(size_ + before_[i]) : kNothing,
                static_cast<int64_t>(input_[i])};
    }
    Fields update(size_t, uint64_t p, const Fields&,
                  const std::vector<int64_t>& fetched) const override {
        if (!counts(p)) return fields_of();
        const uint64_t i = next_cell(p);
        if (fetched[1] == kNothing || (i > 0 && fetched[0] == kNothing)) return fields_of();
        return fields_of(cell_of(i, fetched[0], fetched[1]));
    }
    bool counts(uint64_t p) const override { return p + 1 >= size_ && p + 1 < tokens(); }
    std::string question(uint64_t p) const override {
        const uint64_t i = next_cell(p);
        return fmt::format("cell {} from cell {} and input {}", i, before_[i], input_[i]);
    }
    const char* answers_name() const override { return "cells"; }
    std::vector<std::string> field_names() const override { return {"symbol"}; }

  private:
    uint64_t next_cell(uint64_t p) const { return p + 1 - size_; }

    const uint64_t size_;
    std::vector<int64_t> symbols_;
    std::vector<uint64_t> before_, input_;  ///< h and g
};

/// Input 0, cell 0, input 1, cell 1 ...; fields: symbol, and in a ring what a cell adds to what had
/// its address before.
class LocalRegularTask : public ChainTask {
  public:
    LocalRegularTask(uint64_t size, uint64_t reach, Addressing addressing, uint64_t seed)
        : size_(size), reach_(reach), addressing_(addressing) {
        Draws draws(seed);
        inputs_ = draws.list(size, kModulus);
        before_.assign(size, 0);
        for (uint64_t i = 1; i < size; ++i) {
            const uint64_t least = i > reach ? i - reach : 0;
            before_[i] = least + static_cast<uint64_t>(draws.below(i - least));
        }
        for (uint64_t i = 0; i < size; ++i)
            cells_.push_back(cell_of(i, i > 0 ? cells_[before_[i]] : 0, inputs_[i]));
    }

    uint64_t tokens() const override { return 2 * size_; }
    std::vector<Layer> layers() const override { return {{addresses(), 8, ring() ? 2U : 1U}}; }
    Fields token(uint64_t p) const override {
        const uint64_t i = p / 2;
        if (p % 2 == 0) return fields_of(inputs_[i]);
        if (!ring()) return fields_of(cells_[i]);
        return fields_of(cells_[i], cells_[i] - (i >= reach_ ? cells_[i - reach_] : 0));
    }
    FetchRecord record(size_t, uint64_t p, const Fields& fields) const override {
        if (p % 2 == 1) return {address(p), ring() ? fields[1] : fields[0]};
        const bool all = addressing_ == Addressing::kPosition || addressing_ == Addressing::kWindow;
        return all ? FetchRecord{address(p), fields[0]} : FetchRecord();
    }
    std::vector<int64_t> asks(size_t, uint64_t p, const Fields&) const override {
        const uint64_t i = p / 2;
        std::vector<int64_t> asked = {counts(p) && i > 0 ? address(2 * before_[i] + 1) : kNothing};
        if (ring()) asked.push_back(counts(p) && i >= reach_ ? address(p + 1) : kNothing);
        return asked;
    }
    Fields update(size_t, uint64_t p, const Fields& fields,
                  const std::vector<int64_t>& fetched) const override {
        const uint64_t i = p / 2;
        if (!counts(p) || (i > 0 && fetched[0] == kNothing)) return fields_of();
        const int64_t cell = cell_of(i, fetched[0], fields[0]);
        if (!ring()) return fields_of(cell);
        if (i >= reach_ && fetched[1] == kNothing) return fields_of();
        return fields_of(cell, cell - (i >= reach_ ? fetched[1] : 0));
    }
    bool counts(uint64_t p) const override { return p % 2 == 0; }
    std::string question(uint64_t p) const override {
        return fmt::format("cell {} from cell {}", p / 2, before_[p / 2]);
    }
    const char* answers_name() const override { return "cells"; }
    std::vector<std::string> field_names() const override { return {"symbol", "change"}; }

  private:
    bool ring() const { return addressing_ == Addressing::kRing; }
    uint64_t addresses() const {
        switch (addressing_) {
            case Addressing::kPosition: break;
            case Addressing::kWindow: return kWindowAddresses;
            case Addressing::kStored: return size_;
            case Addressing::kRing: return reach_;
        }
        return tokens();
    }
    int64_t address(uint64_t p) const {
        const bool all = addressing_ == Addressing::kPosition || addressing_ == Addressing::kWindow;
        return static_cast<int64_t>((all ? p : p / 2) % addresses());
    }

    const uint64_t size_, reach_;
    const Addressing addressing_;
    std::vector<int64_t> inputs_, cells_;
    std::vector<uint64_t> before_;  ///< h
};

}  // namespace

std::unique_ptr<Task> regular_task(uint64_t size, uint64_t seed) {
    return std::make_unique<RegularTask>(size, seed);
}

std::unique_ptr<Task> local_regular_task(uint64_t size, uint64_t reach, Addressing addressing,
                                         uint64_t seed) {
    return std::make_unique<LocalRegularTask>(size, reach, addressing, seed);
}

}  // namespace tessera::host
