// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
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
        const std::string name = fmt::format("{} #{}", spec::opcode_name(c.opcode), c.number);
        add(c.dispatch, "dispatch " + name);
        add(c.start, "start " + name);
        add(c.retire, "retire " + name);
    }
    for (const hw::LaneGroupTrace& g : o.groups) {
        const std::string name = fmt::format("#{} group {}", g.number, g.group);
        add(g.score_start, "S " + name);
        add(g.value_start, "V " + name);
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

/// The events of model and RTL.
struct Events {
    Events(const Outcome& model, const Outcome& rtl) : m(events_of(model)), r(events_of(rtl)) {
        std::set_union(m.begin(), m.end(), r.begin(), r.end(), std::back_inserter(all));
        while (divergence < all.size() && in_model(divergence) == in_rtl(divergence)) ++divergence;
    }
    bool in_model(size_t i) const { return std::binary_search(m.begin(), m.end(), all[i]); }
    bool in_rtl(size_t i) const { return std::binary_search(r.begin(), r.end(), all[i]); }
    bool diverge() const { return divergence < all.size(); }

    std::vector<Event> m, r, all;
    size_t divergence = 0;  ///< the first of `all` that only one has
};

std::string text_of(const Events& events, uint32_t device,
                    const std::vector<host::CommandRange>& retried, const CommandWords& words) {
    const size_t middle = events.divergence;
    const size_t begin = middle < kBefore ? 0 : middle - kBefore;
    const size_t end = std::min(events.all.size(), middle + kAfter);
    std::string text = fmt::format("  {:>12}  {:<32}  {}\n", "cycle", "model", "RTL");
    std::map<uint64_t, std::string> commands;
    for (size_t i = begin; i < end; ++i) {
        const bool in_model = events.in_model(i), in_rtl = events.in_rtl(i);
        const auto& [cycle, name] = events.all[i];
        text += fmt::format("{} {:>12}  {:<32}  {}\n", in_model && in_rtl ? " " : ">", cycle,
                            in_model ? name : "-", in_rtl ? name : "-");
        uint64_t number = 0;
        if (words && number_of(events.all[i], number)) commands[number] = "";
    }
    for (auto& [number, name] : commands)
        text += fmt::format("  #{}: {}\n", number, words(device, number, retried));
    return text;
}

}  // namespace

std::string events_around_divergence(const Outcome& model, const Outcome& rtl,
                                     const CommandWords& words) {
    std::vector<Events> devices = {{model, rtl}};
    for (size_t i = 0; i < std::min(model.others.size(), rtl.others.size()); ++i)
        devices.emplace_back(model.others[i], rtl.others[i]);
    const Events* first = nullptr;
    for (const Events& events : devices)
        if (events.diverge() &&
            (first == nullptr || events.all[events.divergence] < first->all[first->divergence]))
            first = &events;
    if (first == nullptr) return "";
    const auto device = static_cast<uint32_t>(first - devices.data());
    // Model and RTL agree in what is retried before the divergence.
    const Outcome& own = device == 0 ? model : model.others[device - 1];
    return (devices.size() == 1 ? "" : fmt::format("  device {}:\n", device)) +
           text_of(*first, device, own.retried, words);
}

}  // namespace tessera::verify
