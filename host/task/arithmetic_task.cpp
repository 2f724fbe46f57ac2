// SPDX-License-Identifier: MIT
// Arithmetic modulo 11, fully in parentheses. Every step writes the expression once more, with its
// first ( a op b ) replaced by its value.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/task/draws.h"
#include "host/task/tasks.h"

namespace tessera::host {
namespace {

constexpr int64_t kModulus = 11;

/// Symbols beside the numbers 0 to 10.
enum : int64_t { kPlus = 11, kMinus, kTimes, kOver, kOpen, kClose, kEquals, kEnd };
enum : size_t { kSymbol, kIndex, kDone, kStart, kChange };
/// Symbols of ( a op b ).
constexpr uint64_t kReduced = 5;

bool is_number(int64_t symbol) { return symbol >= 0 && symbol < kModulus; }
bool is_operator(int64_t symbol) { return symbol >= kPlus && symbol <= kOver; }
int64_t modulo(int64_t x) { return (x % kModulus + kModulus) % kModulus; }

/// 0 of 0; the modulus is prime.
int64_t inverse(int64_t x) {
    int64_t y = 1;
    for (int i = 0; i < kModulus - 2; ++i) y = y * x % kModulus;
    return y;
}

int64_t value_of(int64_t a, int64_t op, int64_t b) {
    switch (op) {
        case kPlus: return modulo(a + b);
        case kMinus: return modulo(a - b);
        case kTimes: return modulo(a * b);
        default: return modulo(a * inverse(b));
    }
}

/// What is left of `op` and b if the value is `value`.
int64_t left_of(int64_t value, int64_t op, int64_t b) {
    switch (op) {
        case kPlus: return modulo(value - b);
        case kMinus: return modulo(value + b);
        case kTimes: return modulo(value * inverse(b));
        default: return modulo(value * b);
    }
}

/// Appends an expression with so many operators and this value.
void draw_expression(uint64_t operators, int64_t value, Draws& draws, std::vector<int64_t>& out) {
    if (operators == 0) return out.push_back(value);
    const auto left = static_cast<uint64_t>(draws.below(operators));
    const int64_t op = kPlus + draws.below(4);
    int64_t a = 0, b = 0;
    do b = op == kOver ? 1 + draws.below(10) : draws.below(11);
    while (op == kTimes && b == 0 && value != 0);
    a = op == kTimes && b == 0 ? draws.below(11) : left_of(value, op, b);
    out.push_back(kOpen);
    draw_expression(left, a, draws, out);
    out.push_back(op);
    draw_expression(operators - 1 - left, b, draws, out);
    out.push_back(kClose);
}

/// Fields: symbol, its index in its step, has the step its reduction behind it, where the step
/// before begins, and in a ring what the symbol adds to what had its address before.
class ArithmeticTask : public ChainTask {
  public:
    ArithmeticTask(uint64_t operators, Addressing addressing, uint64_t seed);

    uint64_t tokens() const override { return tokens_.size(); }
    std::vector<Layer> layers() const override { return {{addresses(), 8, ring() ? 6U : 5U}}; }
    Fields token(uint64_t p) const override { return tokens_[p]; }
    FetchRecord record(size_t, uint64_t p, const Fields& fields) const override {
        return {address(p), fields[ring() ? kChange : kSymbol]};
    }
    std::vector<int64_t> asks(size_t, uint64_t p, const Fields& fields) const override;
    Fields update(size_t, uint64_t p, const Fields& fields,
                  const std::vector<int64_t>& fetched) const override;
    bool counts(uint64_t p) const override { return p + 1 >= prompt_ && p + 1 < tokens(); }
    std::string question(uint64_t p) const override { return fmt::format("symbol {}", p + 1); }
    const char* answers_name() const override { return "symbols"; }
    std::vector<std::string> field_names() const override {
        return {"symbol", "index", "done", "start", "change"};
    }

  private:
    bool ring() const { return addressing_ == Addressing::kRing; }
    uint64_t addresses() const {
        switch (addressing_) {
            case Addressing::kWindow: return kWindowAddresses;
            case Addressing::kRing: return kept_;
            case Addressing::kPosition:
            case Addressing::kStored: break;
        }
        return tokens();
    }
    int64_t address(uint64_t p) const { return static_cast<int64_t>(p % addresses()); }
    void add_step(const std::vector<int64_t>& symbols, int64_t reduced, int64_t start);
    /// The token behind one, but for its symbol: index, is it behind the reduction, start.
    static Fields next_place(uint64_t p, const Fields& fields);

    const Addressing addressing_;
    const uint64_t prompt_, kept_;  ///< tokens of the first step; addresses of a ring
    std::vector<Fields> tokens_;
};

ArithmeticTask::ArithmeticTask(uint64_t operators, Addressing addressing, uint64_t seed)
    : addressing_(addressing), prompt_(4 * operators + 2), kept_(arithmetic_kept(operators)) {
    Draws draws(seed);
    const int64_t value = draws.below(kModulus);
    std::vector<int64_t> expression;
    draw_expression(operators, value, draws, expression);
    int64_t reduced = kNothing, start = kNothing;
    while (true) {
        const auto begin = static_cast<int64_t>(tokens_.size());
        add_step(expression, reduced, start);
        start = begin;
        const auto close = std::find(expression.begin(), expression.end(), kClose);
        if (close == expression.end()) break;
        const auto open = close - (kReduced - 1);
        reduced = open - expression.begin();
        *open = value_of(open[1], open[2], open[3]);
        expression.erase(open + 1, close + 1);
    }
    tokens_.push_back(fields_of(kEnd, 0, 0, start));
    for (uint64_t p = 0; p < tokens() && ring(); ++p)
        tokens_[p][kChange] = tokens_[p][kSymbol] - (p >= kept_ ? tokens_[p - kept_][kSymbol] : 0);
}

void ArithmeticTask::add_step(const std::vector<int64_t>& symbols, int64_t reduced, int64_t start) {
    for (size_t i = 0; i <= symbols.size(); ++i) {
        const bool done = reduced != kNothing && static_cast<int64_t>(i) >= reduced;
        tokens_.push_back(
            fields_of(i < symbols.size() ? symbols[i] : kEquals, i, done ? 1 : 0, start));
    }
}

Fields ArithmeticTask::next_place(uint64_t p, const Fields& fields) {
    if (fields[kSymbol] == kEquals)
        return fields_of(kNothing, 0, 0, static_cast<int64_t>(p) - fields[kIndex]);
    return fields_of(kNothing, fields[kIndex] + 1, fields[kDone], fields[kStart]);
}

/// The five symbols from where the next one comes from.
std::vector<int64_t> ArithmeticTask::asks(size_t, uint64_t p, const Fields& fields) const {
    std::vector<int64_t> asked(ring() ? kReduced + 1 : kReduced, kNothing);
    if (!counts(p) || fields[kSymbol] == kNothing) return asked;
    const Fields place = next_place(p, fields);
    const int64_t skipped = static_cast<int64_t>(kReduced - 1) * place[kDone];
    const auto source = static_cast<uint64_t>(place[kStart] + place[kIndex] + skipped);
    for (uint64_t i = 0; i < kReduced; ++i) asked[i] = address(std::min(source + i, p));
    if (ring() && p + 1 >= kept_) asked[kReduced] = address(p + 1);
    return asked;
}

Fields ArithmeticTask::update(size_t, uint64_t p, const Fields& fields,
                              const std::vector<int64_t>& fetched) const {
    if (!counts(p) || fields[kSymbol] == kNothing) return fields_of();
    Fields next = next_place(p, fields);
    const bool open = next[kDone] == 0 && fetched[0] == kOpen;
    for (size_t i = 0; i < (open ? kReduced : 1); ++i)
        if (fetched[i] == kNothing) return fields_of();
    const bool reduces = open && is_number(fetched[1]) && is_operator(fetched[2]) &&
                         is_number(fetched[3]) && fetched[4] == kClose;
    if (next[kIndex] == 0 && is_number(fetched[0]) && fetched[1] == kEquals)
        next[kSymbol] = kEnd;
    else
        next[kSymbol] = reduces ? value_of(fetched[1], fetched[2], fetched[3]) : fetched[0];
    if (reduces) next[kDone] = 1;
    if (!ring()) return next;
    const bool takes_over = p + 1 >= kept_;
    if (takes_over && fetched[kReduced] == kNothing) return fields_of();
    next[kChange] = next[kSymbol] - (takes_over ? fetched[kReduced] : 0);
    return next;
}

}  // namespace

uint64_t arithmetic_kept(uint64_t operators) { return 4 * operators + 3; }

std::unique_ptr<Task> arithmetic_task(uint64_t operators, Addressing addressing, uint64_t seed) {
    return std::make_unique<ArithmeticTask>(operators, addressing, seed);
}

}  // namespace tessera::host
