// SPDX-License-Identifier: MIT
// Variable tracking: chains of assignments, of which the first has a value and each other one names
// the variable before it. Asked for is the value of the last one.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/task/draws.h"
#include "host/task/tasks.h"

namespace tessera::host {
namespace {

enum : size_t { kPointer, kFinal, kName };

/// Fields: a pointer, which is a name or a value; is it a value; and of an assignment its own name.
/// In every layer a pointer becomes what it points to.
class PointerTask : public Task {
  public:
    PointerTask(const PointerShape& shape, uint64_t seed);

    uint64_t tokens() const override { return shape_.tokens; }
    std::vector<Layer> layers() const override {
        const uint32_t steps = shape_.doubling ? bits_for(shape_.hops + 1) + 1
                                               : static_cast<uint32_t>(shape_.hops) + 1;
        return std::vector<Layer>(steps, {names(), name_bits_ + 1, 1});
    }
    Fields token(uint64_t p) const override { return tokens_[p]; }
    FetchRecord record(size_t, uint64_t p, const Fields& fields) const override {
        if (fields[kName] == kNothing) return {};
        const Fields& held = shape_.doubling ? fields : tokens_[p];
        if (held[kPointer] == kNothing) return {fields[kName], kNothing};
        return {fields[kName], held[kPointer] + (held[kFinal] << name_bits_)};
    }
    std::vector<int64_t> asks(size_t, uint64_t p, const Fields& fields) const override {
        const bool follows = shape_.doubling || counts(p);
        return {follows && fields[kFinal] == 0 ? fields[kPointer] : kNothing};
    }
    Fields update(size_t layer, uint64_t p, const Fields& fields,
                  const std::vector<int64_t>& fetched) const override;
    bool counts(uint64_t p) const override { return p >= shape_.tokens - shape_.chains; }
    bool emits(uint64_t) const override { return false; }
    Fields answer(uint64_t p) const override {
        return fields_of(values_[p - (shape_.tokens - shape_.chains)]);
    }
    std::string question(uint64_t p) const override {
        return fmt::format("the value of variable {}", tokens_[p][kPointer]);
    }
    const char* answers_name() const override { return "values"; }
    std::vector<std::string> field_names() const override { return {"pointer", "final", "name"}; }

  private:
    uint64_t names() const { return uint64_t{1} << name_bits_; }

    const PointerShape shape_;
    uint32_t name_bits_;
    std::vector<Fields> tokens_;
    std::vector<int64_t> values_;  ///< of each chain
};

PointerTask::PointerTask(const PointerShape& shape, uint64_t seed)
    : shape_(shape), name_bits_(bits_for(2 * shape.chains * (shape.hops + 1))) {
    const uint64_t length = shape.hops + 1, records = shape.chains * length;
    Draws draws(seed);
    const std::vector<int64_t> variables = draws.permutation(names());  // of chain 0, chain 1 ...
    values_ = draws.list(shape.chains, names());
    std::vector<int64_t> places = draws.permutation(shape.tokens - shape.chains);
    places.resize(records);
    std::sort(places.begin(), places.end());
    const std::vector<int64_t> order = draws.permutation(records);
    tokens_.assign(shape.tokens, fields_of());
    std::vector<uint64_t> so_far(shape.chains, 0);
    for (uint64_t i = 0; i < records; ++i) {
        const uint64_t chain = static_cast<uint64_t>(order[i]) / length, hop = so_far[chain]++;
        const uint64_t variable = chain * length + hop;
        tokens_[static_cast<uint64_t>(places[i])] =
            hop == 0 ? fields_of(values_[chain], 1, variables[variable])
                     : fields_of(variables[variable - 1], 0, variables[variable]);
    }
    for (uint64_t chain = 0; chain < shape.chains; ++chain)
        tokens_[shape.tokens - shape.chains + chain] =
            fields_of(variables[chain * length + shape.hops], 0);
}

Fields PointerTask::update(size_t layer, uint64_t p, const Fields& fields,
                           const std::vector<int64_t>& fetched) const {
    Fields next = fields;
    if (asks(layer, p, fields).front() != kNothing) {
        const bool known = fetched[0] != kNothing;
        next[kPointer] = known ? fetched[0] & (static_cast<int64_t>(names()) - 1) : kNothing;
        if (known) next[kFinal] = fetched[0] >> name_bits_;
    }
    if (layer + 1 < layers().size()) return next;
    return next[kFinal] == 1 ? fields_of(next[kPointer]) : fields_of();
}

}  // namespace

std::unique_ptr<Task> pointer_task(const PointerShape& shape, uint64_t seed) {
    return std::make_unique<PointerTask>(shape, seed);
}

}  // namespace tessera::host
