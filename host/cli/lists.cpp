// SPDX-License-Identifier: MIT
#include "host/cli/lists.h"

#include <fmt/format.h>

#include "host/config/config.h"
#include "host/cover/cover.h"
#include "host/experiment/problem_of.h"
#include "host/problem/problem.h"

namespace tessera::host {

std::string device_list() {
    std::string text = fmt::format("{:<12} {:>5} {:>5} {:>6} {:>6} {:>8}  {:<14} {}\n", "device",
                                   "M", "D", "LANES", "bus B", "GHz", "memory", "description");
    for (const PresetInfo& preset : device_presets()) {
        const ResolvedConfig config = resolve_config(preset.name, std::nullopt, {});
        const spec::DeviceParams& p = config.platform.params;
        text += fmt::format("{:<12} {:>5} {:>5} {:>6} {:>6} {:>8.3g}  {:<14} {}\n", preset.name,
                            p.m, p.d, p.lanes, p.bus_bytes, config.clock_ghz,
                            config.platform.memory.name, preset.description);
    }
    return text;
}

std::string schedule_list() {
    std::string text;
    for (const ScheduleInfo& info : schedules())
        text += fmt::format("{:<16} {}\n", info.name, info.description);
    text += fmt::format(
        "{:<16} {}\n", kAutoSchedule,
        "whichever of these needs the fewest predicted cycles, with heads separate or stacked");
    return text;
}

std::string memory_list() {
    std::string text = fmt::format("{:<16} {:<12} {}\n", "memory", "controller", "description");
    for (const PresetInfo& preset : memory_presets()) {
        const hw::MemoryConfig memory =
            resolve_config(device_presets().front().name, preset.name, {}).platform.memory;
        const char* policy = memory.kind == "dram" ? memory.dram.controller.policy_name() : "-";
        text += fmt::format("{:<16} {:<12} {}\n", preset.name, policy, preset.description);
    }
    return text;
}

std::string cover_list() {
    constexpr uint32_t kMaxRatio = 64;
    std::string text;
    for (const CoverKindInfo& info : cover_kinds())
        text += fmt::format("{:<12} {}\n", info.name, info.description);
    text += fmt::format("\n{:>4} {:>9} {:>8} {:>8} {:>11} {:>11}  {}\n", "N/M", "calls", "bound",
                        "+ %", "half-tiles", "query x key", "best cover, if M is a multiple of W");
    for (uint32_t ratio = 2; ratio <= kMaxRatio; ++ratio) {
        const DesignCandidate best = best_candidate(ratio);
        const auto width = static_cast<uint32_t>(best.width);
        const Cover cover = cover_by(best, ratio * width, width);
        const uint64_t bound = uint64_t{ratio} * (ratio + 1);
        text += fmt::format(
            "{:>4} {:>9} {:>8} {:>8.1f} {:>11} {:>11}  W = {:<3} {}\n", ratio, cover.calls(), bound,
            100.0 * static_cast<double>(cover.calls() - bound) / static_cast<double>(bound),
            uint64_t{ratio} * (2 * ratio - 1), uint64_t{ratio} * ratio, width, cover.name);
    }
    return text;
}

}  // namespace tessera::host
