// SPDX-License-Identifier: MIT
// ListOps of the Long Range Arena: nested lists of digits, each with an operator. An operator
// fetches its arguments, and has its value in the layer behind those of its deepest argument. So
// an encoder needs a layer for each depth.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/task/draws.h"
#include "host/task/tasks.h"

namespace tessera::host {
namespace {

constexpr uint64_t kDepth = 10, kMostArguments = 10;
constexpr uint64_t kPlaces = 16;  ///< addresses of a list, of which the first few are used
constexpr int64_t kDigits = 10;

/// Symbols beside the digits 0 to 9.
enum : int64_t { kMinimum = 10, kMaximum, kMedian, kSumModulo, kClose };
/// `list` is the position of the operator whose argument the token is, `place` says which one, and
/// `arguments` how many an operator has. What reads lists knows that of each token.
enum : size_t { kSymbol, kValue, kList, kPlace, kArguments };

bool is_operator(int64_t symbol) { return symbol >= kMinimum && symbol <= kSumModulo; }

/// Of the two in the middle the median is their mean, rounded down.
int64_t value_of(int64_t op, std::vector<int64_t> arguments) {
    std::sort(arguments.begin(), arguments.end());
    const size_t half = arguments.size() / 2;
    switch (op) {
        case kMinimum: return arguments.front();
        case kMaximum: return arguments.back();
        case kMedian:
            return arguments.size() % 2 == 1 ? arguments[half]
                                             : (arguments[half - 1] + arguments[half]) / 2;
        default: {
            int64_t sum = 0;
            for (const int64_t argument : arguments) sum += argument;
            return sum % kDigits;
        }
    }
}

const char* operator_name(int64_t symbol) {
    constexpr const char* kNames[] = {"MIN", "MAX", "MED", "SM"};
    return kNames[symbol - kMinimum];
}

class ListOpsTask : public Task {
  public:
    ListOpsTask(uint64_t most_tokens, uint64_t seed) {
        Draws draws(seed);
        do {
            tokens_.clear();
            draw(0, kNothing, kNothing, draws);
        } while (tokens_.size() < most_tokens / 4 || tokens_.size() > most_tokens);
    }

    uint64_t tokens() const override { return tokens_.size(); }
    std::vector<Layer> layers() const override {
        return {kDepth, Layer{tokens() * kPlaces, 8, kMostArguments}};
    }
    /// The sequence has the values of digits only.
    Fields token(uint64_t p) const override {
        Fields fields = tokens_[p];
        if (is_operator(fields[kSymbol])) fields[kValue] = kNothing;
        return fields;
    }
    FetchRecord record(size_t, uint64_t, const Fields& fields) const override {
        if (fields[kValue] == kNothing || fields[kList] == kNothing) return {};
        return {address(fields[kList], fields[kPlace]), fields[kValue]};
    }
    std::vector<int64_t> asks(size_t, uint64_t p, const Fields& fields) const override {
        std::vector<int64_t> asked(kMostArguments, kNothing);
        if (!is_operator(fields[kSymbol]) || fields[kValue] != kNothing) return asked;
        for (int64_t place = 0; place < fields[kArguments]; ++place)
            asked[static_cast<size_t>(place)] = address(static_cast<int64_t>(p), place);
        return asked;
    }
    Fields update(size_t, uint64_t, const Fields& fields,
                  const std::vector<int64_t>& fetched) const override {
        if (!is_operator(fields[kSymbol]) || fields[kValue] != kNothing) return fields;
        const std::vector<int64_t> arguments(fetched.begin(), fetched.begin() + fields[kArguments]);
        Fields updated = fields;
        if (std::find(arguments.begin(), arguments.end(), kNothing) == arguments.end())
            updated[kValue] = value_of(fields[kSymbol], arguments);
        return updated;
    }
    bool counts(uint64_t p) const override { return is_operator(tokens_[p][kSymbol]); }
    bool emits(uint64_t) const override { return false; }
    Fields answer(uint64_t p) const override { return tokens_[p]; }
    std::string question(uint64_t p) const override {
        return fmt::format("the value of {} of {} arguments at {}",
                           operator_name(tokens_[p][kSymbol]), tokens_[p][kArguments], p);
    }
    const char* answers_name() const override { return "operators"; }
    std::vector<std::string> field_names() const override {
        return {"symbol", "value", "list", "place", "arguments"};
    }

  private:
    static int64_t address(int64_t list, int64_t place) {
        return list * static_cast<int64_t>(kPlaces) + place;
    }
    /// Appends an argument of an operator, or the whole expression; its value.
    int64_t draw(uint64_t depth, int64_t list, int64_t place, Draws& draws) {
        if (depth == kDepth || draws.below(4) != 0) {
            const int64_t digit = draws.below(kDigits);
            tokens_.push_back(fields_of(digit, digit, list, place));
            return digit;
        }
        const int64_t op = kMinimum + draws.below(4);
        const int64_t count = 2 + draws.below(kMostArguments - 1);
        const size_t own = tokens_.size();
        tokens_.push_back(fields_of(op, kNothing, list, place, count));
        std::vector<int64_t> arguments;
        for (int64_t i = 0; i < count; ++i)
            arguments.push_back(draw(depth + 1, static_cast<int64_t>(own), i, draws));
        tokens_.push_back(fields_of(kClose));
        return tokens_[own][kValue] = value_of(op, std::move(arguments));
    }

    std::vector<Fields> tokens_;
};

}  // namespace

std::unique_ptr<Task> listops_task(uint64_t most_tokens, uint64_t seed) {
    return std::make_unique<ListOpsTask>(most_tokens, seed);
}

}  // namespace tessera::host
