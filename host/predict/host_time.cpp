// SPDX-License-Identifier: MIT
#include "host/predict/host_time.h"

#include <fmt/format.h>

#include <utility>

namespace tessera::host {
namespace {

// Measured on a core with AVX-512: attention of 4,096 to 16,384 tokens on device base.
constexpr double kSecondsACall = 5e-6;         ///< of the timing, on memory ideal
constexpr double kSecondsACallOfDram = 15e-6;  ///< more on a DRAM
constexpr double kSecondsAFastCall = 1.4e-6;   ///< of the fast engine
constexpr double kSecondsASteadyCall = 4e-8;   ///< that it passes over
constexpr double kMultiplyAddsASecond = 19e9;  ///< of the tile kernel, bf16
constexpr double kDoubleMultiplyAdds = 2e9;    ///< a second, of the reference

constexpr double kMinute = 60;

}  // namespace

HostTime host_time(const Problem& problem, const WorkFormula& work,
                   const hw::PlatformConfig& platform, bool checked, Simulator simulator) {
    const auto calls = static_cast<double>(work.calls);
    const double dimensions = static_cast<double>(problem.d_k) + static_cast<double>(problem.d_v);
    HostTime time;
    time.timing = calls * (simulator == Simulator::kSystemC ? kSecondsACall
                           : simulator == Simulator::kFast  ? kSecondsAFastCall
                                                            : kSecondsASteadyCall);
    if (platform.memory.kind == "dram") time.timing += calls * kSecondsACallOfDram;
    if (!platform.timing_only)
        time.data = static_cast<double>(work.pairs_issued) * dimensions / kMultiplyAddsASecond;
    if (checked)
        time.check = static_cast<double>(work.pairs_allowed) * dimensions / kDoubleMultiplyAdds;
    return time;
}

std::string long_run_text(const HostTime& time) {
    if (time.all() <= kMinute) return "";
    std::string shorter;
    if (time.check > 0)
        shorter += fmt::format("`outputs.check=false` saves about {}; ", duration_text(time.check));
    if (time.data > 0)
        shorter +=
            fmt::format("`outputs.timing_only` takes about {}; ", duration_text(time.timing));
    return fmt::format(
        "this run will take about {} of processor time; {}half of the tokens take a "
        "quarter of it",
        duration_text(time.all()), shorter);
}

std::string duration_text(double seconds) {
    constexpr std::pair<double, const char*> kUnits[] = {{86400, "d"}, {3600, "h"}, {60, "min"}};
    for (const auto& [length, name] : kUnits)
        if (seconds >= 2 * length) {
            const double count = seconds / length;
            return fmt::format("{:.{}f} {}", count, count < 10 ? 1 : 0, name);
        }
    return fmt::format("{:.0f} s", seconds);
}

}  // namespace tessera::host
