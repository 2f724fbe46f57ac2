// SPDX-License-Identifier: MIT
// Edit distance: a letter inserted or deleted costs 2, a replaced one 3. A cell follows from the
// one above, the one on its left, which is the present token, and the one between.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/task/draws.h"
#include "host/task/tasks.h"

namespace tessera::host {
namespace {

constexpr int64_t kSkip = 2, kReplace = 3;

int64_t cell_of(bool same, int64_t up, int64_t left, int64_t diagonal) {
    return same ? diagonal : std::min(std::min(up, left) + kSkip, diagonal + kReplace);
}

/// Two texts, a separator, then the cells row by row with a comma behind each row; fields: symbol,
/// and in a ring what a cell adds to what had its address before.
class EditTask : public ChainTask {
  public:
    EditTask(uint64_t size, Addressing addressing, uint64_t seed);

    uint64_t tokens() const override { return symbols_.size(); }
    std::vector<Layer> layers() const override {
        return {{addresses(), bits_for(static_cast<uint64_t>(separator()) + 1), ring() ? 5U : 4U}};
    }
    Fields token(uint64_t p) const override;
    FetchRecord record(size_t, uint64_t p, const Fields& fields) const override {
        return {address(p), ring() && p >= begin() ? fields[1] : fields[0]};
    }
    std::vector<int64_t> asks(size_t, uint64_t p, const Fields&) const override;
    Fields update(size_t, uint64_t p, const Fields& fields,
                  const std::vector<int64_t>& fetched) const override;
    bool counts(uint64_t p) const override {
        return p + 1 >= begin() && p + 1 < tokens() && is_cell(p + 1);
    }
    bool emits(uint64_t p) const override { return p + 1 >= begin() && p + 1 < tokens(); }
    std::string question(uint64_t p) const override {
        return fmt::format("cell ({}, {})", row(p + 1), column(p + 1));
    }
    const char* answers_name() const override { return "cells"; }
    std::vector<std::string> field_names() const override { return {"symbol", "change"}; }

  private:
    bool ring() const { return addressing_ == Addressing::kRing; }
    /// Cells are at most 4 size.
    int64_t comma() const { return static_cast<int64_t>(4 * size_ + 2); }
    int64_t separator() const { return comma() + 1; }
    uint64_t begin() const { return 2 * size_ + 1; }  ///< of the cells
    uint64_t row(uint64_t p) const { return (p - begin()) / (size_ + 1); }
    uint64_t column(uint64_t p) const { return (p - begin()) % (size_ + 1); }
    bool is_cell(uint64_t p) const { return column(p) < size_; }
    uint64_t cell_number(uint64_t p) const { return row(p) * size_ + column(p); }
    uint64_t place(uint64_t i, uint64_t j) const { return begin() + i * (size_ + 1) + j; }
    uint64_t addresses() const;
    int64_t address(uint64_t p) const;
    /// Did an earlier cell have the address of cell `p`?
    bool takes_over(uint64_t p) const { return ring() && cell_number(p) >= size_ + 1; }

    const uint64_t size_;
    const Addressing addressing_;
    std::vector<int64_t> symbols_;
};

EditTask::EditTask(uint64_t size, Addressing addressing, uint64_t seed)
    : size_(size), addressing_(addressing) {
    Draws draws(seed);
    const auto letters = static_cast<uint64_t>(3 + draws.below(8));
    const std::vector<int64_t> a = draws.list(size, letters);
    const bool unrelated = draws.below(10) < 4;
    std::vector<int64_t> b = draws.list(size, letters);
    for (uint64_t j = 0; j < size && !unrelated; ++j)
        if (draws.below(10) < 7) b[j] = a[j];
    symbols_ = a;
    symbols_.insert(symbols_.end(), b.begin(), b.end());
    symbols_.push_back(separator());
    std::vector<int64_t> above(size + 1);
    for (uint64_t j = 0; j <= size; ++j) above[j] = kSkip * static_cast<int64_t>(j);
    for (uint64_t i = 0; i < size; ++i) {
        std::vector<int64_t> cells = {kSkip * static_cast<int64_t>(i + 1)};
        for (uint64_t j = 0; j < size; ++j)
            cells.push_back(cell_of(a[i] == b[j], above[j + 1], cells[j], above[j]));
        symbols_.insert(symbols_.end(), cells.begin() + 1, cells.end());
        symbols_.push_back(comma());
        above = cells;
    }
}

Fields EditTask::token(uint64_t p) const {
    if (!ring() || p < begin() || !is_cell(p)) return fields_of(symbols_[p]);
    const uint64_t number = cell_number(p);
    int64_t before = 0;
    if (takes_over(p)) {
        const uint64_t earlier = number - (size_ + 1);
        before = symbols_[place(earlier / size_, earlier % size_)];
    }
    return fields_of(symbols_[p], symbols_[p] - before);
}

uint64_t EditTask::addresses() const {
    switch (addressing_) {
        case Addressing::kPosition: break;
        case Addressing::kWindow: return kWindowAddresses;
        case Addressing::kStored: return 2 * size_ + size_ * size_;
        case Addressing::kRing: return 3 * size_ + 1;
    }
    return tokens();
}

int64_t EditTask::address(uint64_t p) const {
    if (addressing_ == Addressing::kPosition || addressing_ == Addressing::kWindow)
        return static_cast<int64_t>(p % addresses());
    if (p < 2 * size_) return static_cast<int64_t>(p);
    if (p < begin() || !is_cell(p)) return kNothing;
    const uint64_t number = ring() ? cell_number(p) % (size_ + 1) : cell_number(p);
    return static_cast<int64_t>(2 * size_ + number);
}

/// Both letters, the cell above, the one between, and in a ring what the next cell takes over.
std::vector<int64_t> EditTask::asks(size_t, uint64_t p, const Fields&) const {
    std::vector<int64_t> asked(ring() ? 5 : 4, kNothing);
    if (!counts(p)) return asked;
    const uint64_t i = row(p + 1), j = column(p + 1);
    asked[0] = address(i);
    asked[1] = address(size_ + j);
    if (i > 0) asked[2] = address(place(i - 1, j));
    if (i > 0 && j > 0) asked[3] = address(place(i - 1, j - 1));
    if (takes_over(p + 1)) asked[4] = address(p + 1);
    return asked;
}

Fields EditTask::update(size_t, uint64_t p, const Fields& fields,
                        const std::vector<int64_t>& fetched) const {
    if (!emits(p)) return fields_of();
    if (!counts(p)) return fields_of(comma());
    const std::vector<int64_t> asked = asks(0, p, fields);
    for (size_t head = 0; head < asked.size(); ++head)
        if (asked[head] != kNothing && fetched[head] == kNothing) return fields_of();
    if (fields[0] == kNothing) return fields_of();
    const auto i = static_cast<int64_t>(row(p + 1)), j = static_cast<int64_t>(column(p + 1));
    const int64_t up = i > 0 ? fetched[2] : kSkip * (j + 1);
    const int64_t left = j > 0 ? fields[0] : kSkip * (i + 1);
    const int64_t diagonal = i > 0 && j > 0 ? fetched[3] : kSkip * std::max(i, j);
    const int64_t cell = cell_of(fetched[0] == fetched[1], up, left, diagonal);
    if (!ring()) return fields_of(cell);
    return fields_of(cell, cell - (takes_over(p + 1) ? fetched[4] : 0));
}

/// A pattern sought in a text. Row 0: a start, and of each letter of the pattern 2 (j + 1). Then
/// for each letter of the text that letter and its cells. Fields: symbol, of a cell its number and
/// the pattern's letter times 32; the text's letter; in a ring the change.
class LocalEditTask : public ChainTask {
  public:
    LocalEditTask(uint64_t size, uint64_t pattern, Addressing addressing, uint64_t seed);

    uint64_t tokens() const override { return symbols_.size(); }
    std::vector<Layer> layers() const override { return {{addresses(), 8, ring() ? 3U : 2U}}; }
    Fields token(uint64_t p) const override {
        if (!ring() || !is_cell(p)) return fields_of(symbols_[p], letters_[p / width_]);
        const int64_t before = takes_over(p) ? symbols_[taken_over(p)] : 0;
        return fields_of(symbols_[p], letters_[p / width_], symbols_[p] - before);
    }
    FetchRecord record(size_t, uint64_t p, const Fields& fields) const override {
        return {address(p), ring() && is_cell(p) ? fields[2] : fields[0]};
    }
    std::vector<int64_t> asks(size_t, uint64_t p, const Fields&) const override;
    Fields update(size_t, uint64_t p, const Fields& fields,
                  const std::vector<int64_t>& fetched) const override;
    bool counts(uint64_t p) const override {
        return p + 1 > width_ && p + 1 < tokens() && is_cell(p + 1);
    }
    std::string question(uint64_t p) const override {
        return fmt::format("cell ({}, {})", (p + 1) / width_ - 1, (p + 1) % width_ - 1);
    }
    const char* answers_name() const override { return "cells"; }
    std::vector<std::string> field_names() const override { return {"symbol", "letter", "change"}; }

  private:
    static constexpr int64_t kLetterShare = 32;  ///< cells are below it
    static constexpr uint64_t kLetters = 8;

    bool ring() const { return addressing_ == Addressing::kRing; }
    bool is_cell(uint64_t p) const { return p % width_ > 0; }
    uint64_t cell_number(uint64_t p) const { return p / width_ * (width_ - 1) + p % width_ - 1; }
    bool takes_over(uint64_t p) const { return cell_number(p) >= width_; }
    /// The cell whose place in the ring cell `p` takes.
    uint64_t taken_over(uint64_t p) const {
        const uint64_t number = cell_number(p) - width_;
        return number / (width_ - 1) * width_ + number % (width_ - 1) + 1;
    }
    uint64_t addresses() const;
    int64_t address(uint64_t p) const;

    const uint64_t width_;  ///< tokens of a row
    const Addressing addressing_;
    std::vector<int64_t> letters_;  ///< of each row; 0 of row 0
    std::vector<int64_t> symbols_;
};

LocalEditTask::LocalEditTask(uint64_t size, uint64_t pattern, Addressing addressing, uint64_t seed)
    : width_(pattern + 1), addressing_(addressing) {
    Draws draws(seed);
    const std::vector<int64_t> sought = draws.list(pattern, kLetters);
    std::vector<int64_t> text = draws.list(size, kLetters);
    for (uint64_t planted = 0; planted < size / (3 * pattern); ++planted) {
        const auto at = static_cast<uint64_t>(draws.below(size > pattern ? size - pattern : 1));
        for (uint64_t j = 0; j < pattern && at + j < size; ++j) text[at + j] = sought[j];
    }
    letters_ = {0};
    letters_.insert(letters_.end(), text.begin(), text.end());
    std::vector<int64_t> above(pattern);
    symbols_ = {0};
    for (uint64_t j = 0; j < pattern; ++j) {
        above[j] = kSkip * static_cast<int64_t>(j + 1);
        symbols_.push_back(above[j] + kLetterShare * sought[j]);
    }
    for (const int64_t letter : text) {
        symbols_.push_back(letter);
        int64_t left = 0, diagonal = 0;
        for (uint64_t j = 0; j < pattern; ++j) {
            const int64_t cell = cell_of(letter == sought[j], above[j], left, diagonal);
            diagonal = std::exchange(above[j], cell);
            left = cell;
            symbols_.push_back(cell + kLetterShare * sought[j]);
        }
    }
}

uint64_t LocalEditTask::addresses() const {
    switch (addressing_) {
        case Addressing::kPosition: break;
        case Addressing::kWindow: return kWindowAddresses;
        case Addressing::kStored: return tokens() / width_ * (width_ - 1);
        case Addressing::kRing: return width_;
    }
    return tokens();
}

int64_t LocalEditTask::address(uint64_t p) const {
    if (addressing_ == Addressing::kPosition || addressing_ == Addressing::kWindow)
        return static_cast<int64_t>(p % addresses());
    return is_cell(p) ? static_cast<int64_t>(cell_number(p) % addresses()) : kNothing;
}

std::vector<int64_t> LocalEditTask::asks(size_t, uint64_t p, const Fields&) const {
    std::vector<int64_t> asked(ring() ? 3 : 2, kNothing);
    if (!counts(p)) return asked;
    asked[0] = address(p + 1 - width_);
    if ((p + 1) % width_ > 1) asked[1] = address(p - width_);
    if (ring() && takes_over(p + 1)) asked[2] = address(p + 1);
    return asked;
}

Fields LocalEditTask::update(size_t, uint64_t p, const Fields& fields,
                             const std::vector<int64_t>& fetched) const {
    if (!counts(p)) return fields_of();
    const std::vector<int64_t> asked = asks(0, p, fields);
    for (size_t head = 0; head < asked.size(); ++head)
        if (asked[head] != kNothing && fetched[head] == kNothing) return fields_of();
    if (fields[0] == kNothing) return fields_of();
    const bool first = asked[1] == kNothing;
    const int64_t letter = fetched[0] / kLetterShare, up = fetched[0] % kLetterShare;
    const int64_t left = first ? 0 : fields[0] % kLetterShare;
    const int64_t diagonal = first ? 0 : fetched[1] % kLetterShare;
    const int64_t symbol = cell_of(fields[1] == letter, up, left, diagonal) + kLetterShare * letter;
    if (!ring()) return fields_of(symbol, fields[1]);
    return fields_of(symbol, fields[1], symbol - (takes_over(p + 1) ? fetched[2] : 0));
}

}  // namespace

std::unique_ptr<Task> edit_task(uint64_t size, Addressing addressing, uint64_t seed) {
    return std::make_unique<EditTask>(size, addressing, seed);
}

std::unique_ptr<Task> local_edit_task(uint64_t size, uint64_t pattern, Addressing addressing,
                                      uint64_t seed) {
    return std::make_unique<LocalEditTask>(size, pattern, addressing, seed);
}

}  // namespace tessera::host
