// SPDX-License-Identifier: MIT
#include "host/verify/compare.h"

#include <fmt/format.h>

#include <algorithm>

namespace tessera::verify {
namespace {

constexpr size_t kKept = 100;  ///< differences that are remembered

class Comparer {
  public:
    explicit Comparer(Comparison& comparison) : c_(comparison) {}

    template <typename A, typename What>
    void equal(const A& model, const A& rtl, What&& what) {
        c_.holds(model == rtl, [&] { return text(model, rtl, what()); });
    }
    template <typename Text>
    void holds(bool good, Text&& text, uint64_t cycle) {
        c_.holds(good, text, cycle);
    }
    /// Two cycles in which the same thing happened.
    template <typename What>
    void cycle(uint64_t model, uint64_t rtl, What&& what) {
        c_.holds(
            model == rtl, [&] { return text(name(model), name(rtl), what()); },
            std::min(model, rtl));
    }

  private:
    static std::string name(uint64_t cycle) {
        return cycle == hw::kNever ? "never" : fmt::format("cycle {}", cycle);
    }
    template <typename A>
    static std::string text(const A& model, const A& rtl, const std::string& what) {
        return fmt::format("{}: model {}, RTL {}", what, model, rtl);
    }
    Comparison& c_;
};

/// What the model predicted for cycles that were never simulated did not happen.
void cut(Outcome& o) {
    for (hw::CommandTrace& c : o.commands) {
        if (c.start >= o.end) c.start = hw::kNever;
        if (c.retire >= o.end) c.retire = hw::kNever;
    }
    const auto unfinished = [&](const hw::LaneGroupTrace& g) { return g.merged >= o.end; };
    o.groups.erase(std::remove_if(o.groups.begin(), o.groups.end(), unfinished), o.groups.end());
}

void compare_commands(Comparer& c, const Outcome& model, const Outcome& rtl) {
    c.equal(model.commands.size(), rtl.commands.size(), [] { return "commands dispatched"; });
    for (size_t i = 0; i < std::min(model.commands.size(), rtl.commands.size()); ++i) {
        const hw::CommandTrace &m = model.commands[i], &r = rtl.commands[i];
        const auto what = [&](const char* field) {
            return [&m, i, field] {
                return fmt::format("command {} ({}, number {}) {}", i, spec::opcode_name(m.opcode),
                                   m.number, field);
            };
        };
        c.equal(static_cast<uint32_t>(m.opcode), static_cast<uint32_t>(r.opcode), what("opcode"));
        c.equal(m.tag, r.tag, what("tag"));
        c.equal(m.number, r.number, what("number"));
        c.cycle(m.dispatch, r.dispatch, what("dispatch"));
        c.cycle(m.start, r.start, what("start"));
        c.cycle(m.retire, r.retire, what("retire"));
    }
}

void compare_groups(Comparer& c, const Outcome& model, const Outcome& rtl) {
    c.equal(model.groups.size(), rtl.groups.size(), [] { return "lane groups"; });
    for (size_t i = 0; i < std::min(model.groups.size(), rtl.groups.size()); ++i) {
        const hw::LaneGroupTrace &m = model.groups[i], &r = rtl.groups[i];
        const auto what = [&](const char* field) {
            return [&m, i, field] {
                return fmt::format("lane group {} ({} of command number {}) {}", i, m.group,
                                   m.number, field);
            };
        };
        c.equal(m.number, r.number, what("number"));
        c.equal(m.group, r.group, what("index"));
        c.equal(m.keys, r.keys, what("keys"));
        c.cycle(m.score_start, r.score_start, what("S"));
        c.cycle(m.value_start, r.value_start, what("V"));
        c.cycle(m.merged, r.merged, what("last row"));
    }
}

void compare_program(Comparer& c, const Outcome& model, const Outcome& rtl) {
    c.equal(static_cast<uint32_t>(model.status.code), static_cast<uint32_t>(rtl.status.code),
            [] { return "firmware's status"; });
    c.equal(static_cast<uint32_t>(model.status.error), static_cast<uint32_t>(rtl.status.error),
            [] { return "error code"; });
    c.equal(model.status.tag, rtl.status.tag, [] { return "error tag"; });
    c.equal(model.calls, rtl.calls, [] { return "calls"; });
    c.equal(model.writes.size(), rtl.writes.size(), [] { return "register writes"; });
    for (size_t i = 0; i < std::min(model.writes.size(), rtl.writes.size()); ++i) {
        c.cycle(model.writes[i].cycle, rtl.writes[i].cycle,
                [&] { return fmt::format("register write {}", i); });
        c.equal(model.writes[i].value, rtl.writes[i].value,
                [&] { return fmt::format("register write {} value", i); });
    }
    c.equal(model.notes.size(), rtl.notes.size(), [] { return "notes"; });
    for (size_t i = 0; i < std::min(model.notes.size(), rtl.notes.size()); ++i)
        c.equal(model.notes[i], rtl.notes[i], [&] { return fmt::format("register read {}", i); });
    c.cycle(model.end, rtl.end, [] { return "end of the run"; });
}

void compare_steps(Comparer& c, const Outcome& model, const Outcome& rtl) {
    c.equal(model.steps.size(), rtl.steps.size(), [] { return "steps"; });
    for (size_t i = 0; i < std::min(model.steps.size(), rtl.steps.size()); ++i) {
        const StepEnd &m = model.steps[i], &r = rtl.steps[i];
        const auto what = [&](const char* field) {
            return [&m, i, field] { return fmt::format("step {} ({}) {}", i, m.name, field); };
        };
        c.equal(m.name, r.name, what("name"));
        c.cycle(m.cycle, r.cycle, what("end"));
        c.equal(m.processor_bytes, r.processor_bytes, what("bytes of the processor"));
        c.equal(m.firmware_cycles, r.firmware_cycles, what("cycles of firmware"));
        c.holds(
            m.result == r.result, [&] { return what("result")() + ": other bits"; },
            std::min(m.cycle, r.cycle));
    }
}

uint32_t word_at(const Bytes& memory, size_t at) {
    uint32_t word = 0;
    std::memcpy(&word, &memory[at], std::min<size_t>(4, memory.size() - at));
    return word;
}

void compare_memory(Comparer& c, const Bytes& model, const Bytes& rtl) {
    c.equal(model.size(), rtl.size(), [] { return "memory bytes"; });
    if (model.size() != rtl.size()) return;
    for (size_t at = 0; at < model.size(); at += 4)
        c.equal(word_at(model, at), word_at(rtl, at),
                [at] { return fmt::format("memory word at {:#x}", at); });
}

/// One device, then the others, whose differences say of which.
void compare_device(Outcome model, Outcome rtl, Comparison& comparison) {
    cut(model);
    cut(rtl);
    Comparer c(comparison);
    compare_commands(c, model, rtl);
    compare_groups(c, model, rtl);
    compare_program(c, model, rtl);
    compare_steps(c, model, rtl);
    for (uint32_t i = 0; i < spec::kCounters; ++i)
        c.equal(model.counters[i], rtl.counters[i],
                [&] { return fmt::format("counter {}", spec::kCounterTable[i].name); });
    compare_memory(c, model.memory, rtl.memory);
    c.equal(model.others.size(), rtl.others.size(), [] { return "devices"; });
    for (size_t i = 0; i < std::min(model.others.size(), rtl.others.size()); ++i) {
        const size_t known = comparison.first.size();
        compare_device(model.others[i], rtl.others[i], comparison);
        for (size_t d = known; d < comparison.first.size(); ++d)
            comparison.first[d].text =
                fmt::format("device {}: {}", i + 1, comparison.first[d].text);
    }
}

}  // namespace

void Comparison::different(uint64_t cycle, std::string text) {
    ++differences;
    if (first.size() < kKept) first.push_back({cycle, std::move(text)});
}

const Difference* Comparison::earliest() const {
    const auto before = [](const Difference& a, const Difference& b) { return a.cycle < b.cycle; };
    const auto it = std::min_element(first.begin(), first.end(), before);
    return it == first.end() ? nullptr : &*it;
}

void compare_outcomes(Outcome model, Outcome rtl, Comparison& comparison) {
    if (!model.failure.empty() || !rtl.failure.empty()) {
        comparison.holds(false, [&] {
            return fmt::format("a run ended early: model '{}', RTL '{}'", model.failure,
                               rtl.failure);
        });
        return;
    }
    compare_device(std::move(model), std::move(rtl), comparison);
}

}  // namespace tessera::verify
