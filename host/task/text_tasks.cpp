// SPDX-License-Identifier: MIT
// A random text, then the same once more: copied by the last few symbols (induction), or by
// position.
#include <fmt/format.h>

#include <utility>

#include "host/task/draws.h"
#include "host/task/tasks.h"

namespace tessera::host {
namespace {

class RepeatedText : public ChainTask {
  public:
    RepeatedText(uint64_t tokens, uint64_t symbols, uint64_t seed)
        : half_(tokens / 2), symbol_bits_(bits_for(symbols)) {
        text_ = Draws(seed).list(half_, symbols);
    }

    uint64_t tokens() const override { return 2 * half_; }
    Fields token(uint64_t p) const override { return fields_of(text_[p % half_]); }
    std::string question(uint64_t p) const override {
        return fmt::format("the symbol at {}", p + 1);
    }
    const char* answers_name() const override { return "symbols"; }

  protected:
    uint64_t half() const { return half_; }
    uint32_t symbol_bits() const { return symbol_bits_; }

  private:
    const uint64_t half_;
    const uint32_t symbol_bits_;
    std::vector<int64_t> text_;
};

/// Layer 1 fetches the `gram` tokens before; layer 2 what stood behind the same last symbols.
/// Fields: symbol, those before it.
class InductionTask : public RepeatedText {
  public:
    InductionTask(uint64_t tokens, uint64_t symbols, uint32_t gram, uint64_t seed)
        : RepeatedText(tokens, symbols, seed), gram_(gram) {}

    std::vector<Layer> layers() const override {
        return {{tokens(), symbol_bits(), gram_},
                {uint64_t{1} << (symbol_bits() * gram_), symbol_bits(), 1}};
    }
    FetchRecord record(size_t layer, uint64_t p, const Fields& fields) const override {
        return {layer == 0 ? static_cast<int64_t>(p) : packed(fields, 1), fields[0]};
    }
    std::vector<int64_t> asks(size_t layer, uint64_t p, const Fields& fields) const override {
        if (layer == 1) return {packed(fields, 0)};
        std::vector<int64_t> asked(gram_, kNothing);
        for (uint64_t back = 1; back <= gram_ && back <= p; ++back)
            asked[back - 1] = static_cast<int64_t>(p - back);
        return asked;
    }
    Fields update(size_t layer, uint64_t, const Fields& fields,
                  const std::vector<int64_t>& fetched) const override {
        if (layer == 1) return fields_of(fetched[0]);
        Fields next = fields;
        for (size_t back = 1; back <= gram_; ++back) next.at(back) = fetched[back - 1];
        return next;
    }
    /// Where all of the last symbols lie in the second text.
    bool counts(uint64_t p) const override { return p + 1 >= half() + gram_ && p + 1 < tokens(); }
    std::vector<std::string> field_names() const override {
        std::vector<std::string> names = {"symbol"};
        for (uint32_t back = 1; back <= gram_; ++back)
            names.push_back(fmt::format("back_{}", back));
        return names;
    }

  private:
    /// The symbols from field `first` on as one number; kNothing if one is not known.
    int64_t packed(const Fields& fields, size_t first) const {
        int64_t number = 0;
        for (size_t i = 0; i < gram_; ++i) {
            const int64_t symbol = fields.at(first + i);
            if (symbol == kNothing) return kNothing;
            number |= symbol << (symbol_bits() * i);
        }
        return number;
    }

    const uint32_t gram_;
};

/// One layer; fields: symbol.
class CopyTask : public RepeatedText {
  public:
    using RepeatedText::RepeatedText;

    std::vector<Layer> layers() const override { return {{tokens(), symbol_bits(), 1}}; }
    FetchRecord record(size_t, uint64_t p, const Fields& fields) const override {
        return {static_cast<int64_t>(p), fields[0]};
    }
    std::vector<int64_t> asks(size_t, uint64_t p, const Fields&) const override {
        return {counts(p) ? static_cast<int64_t>(p + 1 - half()) : kNothing};
    }
    Fields update(size_t, uint64_t, const Fields&,
                  const std::vector<int64_t>& fetched) const override {
        return fields_of(fetched[0]);
    }
    bool counts(uint64_t p) const override { return p + 1 >= half() && p + 1 < tokens(); }
    std::vector<std::string> field_names() const override { return {"symbol"}; }
};

}  // namespace

std::unique_ptr<Task> induction_task(uint64_t tokens, uint64_t symbols, uint32_t gram,
                                     uint64_t seed) {
    return std::make_unique<InductionTask>(tokens, symbols, gram, seed);
}

std::unique_ptr<Task> copy_task(uint64_t tokens, uint64_t symbols, uint64_t seed) {
    return std::make_unique<CopyTask>(tokens, symbols, seed);
}

}  // namespace tessera::host
