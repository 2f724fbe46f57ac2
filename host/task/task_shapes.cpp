// SPDX-License-Identifier: MIT
#include "host/task/task_shapes.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "host/error.h"
#include "host/text.h"

namespace tessera::host {
namespace {

constexpr uint64_t kMaxTokens = uint64_t{1} << 24;
constexpr uint64_t kPackedBits = 60;  ///< of an address

/// The numbers of the options that a task has; the others must not be given.
class Numbers {
  public:
    explicit Numbers(const TaskOptions& options) : options_(options) {}

    /// The number, `usual` if it is not given. UserError outside of its range.
    uint64_t take(const char* name, std::optional<uint64_t> TaskOptions::*number, uint64_t usual,
                  uint64_t least, uint64_t most) {
        taken_.push_back(number);
        const uint64_t value = (options_.*number).value_or(usual);
        if (value >= least && value <= most) return value;
        throw bad_field(std::string("task.") + name, std::to_string(value),
                        fmt::format("{} to {} here", least, most));
    }
    Layout layout() {
        layout_taken_ = true;
        if (options_.layout.empty() || options_.layout == "first") return Layout::kFirst;
        if (options_.layout == "spread") return Layout::kSpread;
        throw bad_field("task.layout", options_.layout, "first, spread");
    }
    bool doubling() {
        doubling_taken_ = true;
        return options_.doubling;
    }
    /// UserError if one that was not taken is given.
    void check() const {
        const std::pair<const char*, std::optional<uint64_t> TaskOptions::*> all[] = {
            {"tokens", &TaskOptions::tokens}, {"pairs", &TaskOptions::pairs},
            {"size", &TaskOptions::size},     {"reach", &TaskOptions::reach},
            {"depth", &TaskOptions::depth},   {"chains", &TaskOptions::chains},
            {"hops", &TaskOptions::hops},     {"symbols", &TaskOptions::symbols},
            {"gram", &TaskOptions::gram}};
        for (const auto& [name, number] : all)
            if (options_.*number && std::find(taken_.begin(), taken_.end(), number) == taken_.end())
                throw bad_field(std::string("task.") + name, std::to_string(*(options_.*number)),
                                "none here with " + options_.name);
        if (!layout_taken_ && !options_.layout.empty())
            throw bad_field("task.layout", options_.layout, "none with " + options_.name);
        if (!doubling_taken_ && options_.doubling)
            throw bad_field("task.doubling", "given", "not with " + options_.name);
    }

  private:
    const TaskOptions& options_;
    std::vector<std::optional<uint64_t> TaskOptions::*> taken_;
    bool layout_taken_ = false, doubling_taken_ = false;
};

const char* name_of(Layout layout) { return layout == Layout::kFirst ? "first" : "spread"; }

TaskShape key_value_shape(Numbers& numbers, uint64_t seed) {
    KeyValueShape shape;
    shape.pairs = numbers.take("pairs", &TaskOptions::pairs, 64, 1, kMaxTokens / 2);
    shape.tokens =
        numbers.take("tokens", &TaskOptions::tokens, 2 * shape.pairs, 2 * shape.pairs, kMaxTokens);
    shape.layout = numbers.layout();
    if (shape.layout == Layout::kFirst)  // elsewhere it means nothing
        shape.depth = numbers.take("depth", &TaskOptions::depth, 0, 0, 100);
    return {key_value_task(shape, seed),
            fmt::format("{} pairs in {} tokens, layout {}, depth {} %", with_commas(shape.pairs),
                        with_commas(shape.tokens), name_of(shape.layout), shape.depth)};
}

TaskShape recall_shape(Numbers& numbers, uint64_t seed) {
    KeyValueShape shape;
    shape.tokens = numbers.take("tokens", &TaskOptions::tokens, 1024, 4, kMaxTokens);
    shape.pairs = numbers.take("pairs", &TaskOptions::pairs,
                               std::max<uint64_t>(shape.tokens / 8, 1), 1, shape.tokens / 4);
    shape.layout = numbers.layout();
    return {recall_task(shape, seed),
            fmt::format("{} pairs in {} tokens, layout {}", with_commas(shape.pairs),
                        with_commas(shape.tokens), name_of(shape.layout)),
            CodeKind::kBits};
}

TaskShape pointer_shape(Numbers& numbers, uint64_t seed) {
    PointerShape shape;
    shape.tokens = numbers.take("tokens", &TaskOptions::tokens, 1024, 3, kMaxTokens);
    shape.chains = numbers.take("chains", &TaskOptions::chains, 1, 1, shape.tokens / 3);
    shape.hops = numbers.take("hops", &TaskOptions::hops, 1, 1, shape.tokens / shape.chains - 2);
    shape.doubling = numbers.doubling();
    return {pointer_task(shape, seed),
            fmt::format("{} of {} in {} tokens{}", plural(shape.chains, "chain"),
                        plural(shape.hops, "hop"), with_commas(shape.tokens),
                        shape.doubling ? ", pointer doubling" : ""),
            CodeKind::kBits};
}

TaskShape induction_shape(Numbers& numbers, uint64_t seed) {
    const uint64_t tokens = numbers.take("tokens", &TaskOptions::tokens, 1024, 16, kMaxTokens);
    const uint64_t gram = numbers.take("gram", &TaskOptions::gram, 1, 1, kMostGram);
    const uint64_t most = uint64_t{1} << (kPackedBits / gram);
    const uint64_t symbols = numbers.take("symbols", &TaskOptions::symbols, 64, 2, most);
    return {induction_task(tokens, symbols, static_cast<uint32_t>(gram), seed),
            fmt::format("a text of {} tokens twice, {} symbols, by the last {}",
                        with_commas(tokens / 2), with_commas(symbols), gram),
            CodeKind::kBits};
}

TaskShape copy_shape(Numbers& numbers, uint64_t seed) {
    const uint64_t tokens = numbers.take("tokens", &TaskOptions::tokens, 1024, 2, kMaxTokens);
    const uint64_t symbols = numbers.take("symbols", &TaskOptions::symbols, 64, 2, 65536);
    return {copy_task(tokens, symbols, seed),
            fmt::format("a text of {} tokens twice, {} symbols, by position",
                        with_commas(tokens / 2), with_commas(symbols))};
}

TaskShape listops_shape(Numbers& numbers, uint64_t seed) {
    const uint64_t tokens = numbers.take("tokens", &TaskOptions::tokens, 2000, 16, 65536);
    TaskShape shape{listops_task(tokens, seed), "", CodeKind::kDigits, 0, MaskKind::kDense};
    shape.text = fmt::format("{} tokens, at most {}", with_commas(shape.task->tokens()),
                             with_commas(tokens));
    return shape;
}

TaskShape chain_shape(const std::string& name, Numbers& numbers, uint64_t seed,
                      const std::function<Addressing(uint64_t span)>& addressing) {
    if (name == "reg") {
        const uint64_t size = numbers.take("size", &TaskOptions::size, 128, 1, kMaxTokens / 2);
        return {regular_task(size, seed), fmt::format("{} cells", with_commas(size))};
    }
    if (name == "lis") {
        const uint64_t size = numbers.take("size", &TaskOptions::size, 100, 1, kMostLis);
        return {lis_task(size, addressing(0), seed), fmt::format("{} numbers", with_commas(size))};
    }
    if (name == "ed") {
        const uint64_t size = numbers.take("size", &TaskOptions::size, 14, 1, 4000);
        return {edit_task(size, addressing(0), seed),
                fmt::format("two texts of {} letters", with_commas(size))};
    }
    if (name == "arithmetic") {
        const uint64_t size = numbers.take("size", &TaskOptions::size, 10, 1, 2000);
        const uint64_t span = arithmetic_kept(size) + 1;
        return {arithmetic_task(size, addressing(span), seed),
                fmt::format("{}, modulo 11", plural(size, "operator")), CodeKind::kDigits, span};
    }
    if (name == "ed-local") {
        const uint64_t size = numbers.take("size", &TaskOptions::size, 64, 1, kMaxTokens / 16);
        const uint64_t reach = numbers.take("reach", &TaskOptions::reach, 15, 1, 15);
        const uint64_t span = reach + 2;
        return {local_edit_task(size, reach, addressing(span), seed),
                fmt::format("a pattern of {} letters in {}", reach, with_commas(size)),
                CodeKind::kDigits, span};
    }
    const uint64_t size = numbers.take("size", &TaskOptions::size, 128, 1, kMaxTokens / 2);
    const uint64_t reach = numbers.take("reach", &TaskOptions::reach, 16, 1, size);
    const uint64_t span = 2 * reach;
    return {local_regular_task(size, reach, addressing(span), seed),
            fmt::format("{} cells that need the last {}", with_commas(size), with_commas(reach)),
            CodeKind::kDigits, span};
}

}  // namespace

TaskShape task_shape(const TaskOptions& options,
                     const std::function<Addressing(uint64_t span)>& addressing) {
    Numbers numbers(options);
    TaskShape shape;
    if (options.name == "kv")
        shape = key_value_shape(numbers, options.seed);
    else if (options.name == "mqar")
        shape = recall_shape(numbers, options.seed);
    else if (options.name == "vartrack")
        shape = pointer_shape(numbers, options.seed);
    else if (options.name == "induction")
        shape = induction_shape(numbers, options.seed);
    else if (options.name == "copy")
        shape = copy_shape(numbers, options.seed);
    else if (options.name == "listops")
        shape = listops_shape(numbers, options.seed);
    else
        shape = chain_shape(options.name, numbers, options.seed, addressing);
    numbers.check();
    return shape;
}

}  // namespace tessera::host
