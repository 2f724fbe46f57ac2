// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "host/verify/compare.h"

namespace tessera::verify {
namespace {

constexpr size_t kBefore = 8, kAfter = 8;  ///< events shown on either side

/// Something that happened: equal on both devices if it has the same name and cycle.
using Event = std::pair<uint64_t, std::string>;

std::vector<Event> events_of(const Outcome& o) {
    std::vector<Event> events;
    const auto add = [&](uint64_t cycle, std::string text) {
        if (cycle < o.end) events.emplace_back(cycle, std::move(text));
    };
    for (const hw::CommandTrace& c : o.commands) {
        const std::string name = fmt::format("{} #{}", spec::opcode_name(c.opcode), c.sequence);
        add(c.dispatch, "dispatch " + name);
        add(c.start, "start " + name);
        add(c.retire, "retire " + name);
    }
    for (const hw::GroupTrace& g : o.groups) {
        const std::string name = fmt::format("#{} group {}", g.sequence, g.group);
        add(g.score, "S " + name);
        add(g.value, "V " + name);
        add(g.merged, "merged " + name);
    }
    for (const RegisterWrite& w : o.writes)
        add(w.cycle, fmt::format("write {:#x} = {:#x}", static_cast<uint32_t>(w.reg), w.value));
    std::sort(events.begin(), events.end());
    return events;
}

/// The number behind '#' in an event's name.
bool number_of(const Event& event, uint64_t& number) {
    const size_t at = event.second.find('#');
    if (at == std::string::npos) return false;
    number = std::strtoull(event.second.c_str() + at + 1, nullptr, 10);
    return true;
}

}  // namespace

std::string events_around_divergence(const Outcome& model, const Outcome& rtl,
                                     const CommandWords& words) {
    const std::vector<Event> m = events_of(model), r = events_of(rtl);
    std::vector<Event> all;
    std::set_union(m.begin(), m.end(), r.begin(), r.end(), std::back_inserter(all));
    const auto has = [](const std::vector<Event>& list, const Event& e) {
        return std::binary_search(list.begin(), list.end(), e);
    };
    const auto differs = [&](const Event& e) { return has(m, e) != has(r, e); };
    const auto at = std::find_if(all.begin(), all.end(), differs);
    if (at == all.end()) return "";
    const auto middle = static_cast<size_t>(at - all.begin());
    const size_t begin = middle < kBefore ? 0 : middle - kBefore;
    const size_t end = std::min(all.size(), middle + kAfter);
    std::string text = fmt::format("  {:>12}  {:<32}  {}\n", "cycle", "model", "RTL");
    std::map<uint64_t, std::string> commands;
    for (size_t i = begin; i < end; ++i) {
        const bool in_model = has(m, all[i]), in_rtl = has(r, all[i]);
        text += fmt::format("{} {:>12}  {:<32}  {}\n", in_model && in_rtl ? " " : ">", all[i].first,
                            in_model ? all[i].second : "-", in_rtl ? all[i].second : "-");
        uint64_t number = 0;
        if (words && number_of(all[i], number)) commands[number] = "";
    }
    for (auto& [number, name] : commands) text += fmt::format("  #{}: {}\n", number, words(number));
    return text;
}

}  // namespace tessera::verify
