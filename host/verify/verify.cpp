// SPDX-License-Identifier: MIT
#include "host/verify/verify.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/run/run_progress.h"

namespace tessera::verify {
namespace {

constexpr size_t kShown = 5;  ///< further differences in a report

/// The step of a program in which something happened, as a line; nothing if it has no steps.
std::string step_of(const Outcome& outcome, uint64_t cycle) {
    for (size_t i = 0; i < outcome.steps.size(); ++i)
        if (cycle <= outcome.steps[i].cycle)
            return fmt::format("  in step {} ({})\n", i, outcome.steps[i].name);
    return "";
}

std::string report(const Case& c, const Outcome& model, const Outcome& rtl,
                   const Comparison& comparison) {
    const Difference* first = comparison.earliest();
    std::string text = fmt::format("{}: {} of {} items differ. Earliest: {}\n", c.name,
                                   comparison.differences, comparison.elements, first->text);
    text += step_of(model, first->cycle);
    text += events_around_divergence(model, rtl, c.words);
    size_t shown = 0;
    for (const Difference& d : comparison.first)
        if (&d != first && shown++ < kShown) text += fmt::format("  also {}\n", d.text);
    return text;
}

std::string speed(uint64_t cycles, double seconds) {
    return seconds > 0 ? fmt::format("{:.0f} cycles/s", static_cast<double>(cycles) / seconds)
                       : std::string("-");
}

}  // namespace

std::string Totals::line() const {
    return fmt::format(
        "jobs: {}, commands: {}, cycles: {}, elements compared: {}, differences: {}, model: {}, "
        "RTL: {}",
        jobs, commands, cycles, elements, differences, speed(cycles, model_seconds),
        speed(cycles, rtl_seconds));
}

std::string verify_case(const Case& c, const hw::DeviceFactory& rtl_factory,
                        unsigned timeout_seconds, Totals& totals, const RunHooks& progress) {
    host::RunProgress told(progress);
    const Watch watch{progress.progress ? c.calls : 0, [&](double share) { told.share(share); }};
    const auto run = [&](const hw::PlatformConfig& config) {
        return run_machine(config, c.body, c.memory_bytes, timeout_seconds, watch);
    };
    hw::PlatformConfig config = c.platform;
    config.trace_commands = UINT64_MAX;
    told.phase("simulating the model");
    const Outcome model = run(config);
    config.make_device = rtl_factory;
    told.phase("simulating the RTL");
    const Outcome rtl = run(config);
    told.phase("comparing");
    Comparison comparison;
    compare_outcomes(model, rtl, comparison);
    if (model.failure.empty() && rtl.failure.empty() && c.reference) c.reference(model, comparison);
    ++totals.jobs;
    totals.commands += model.commands.size();
    for (const Outcome& other : model.others) totals.commands += other.commands.size();
    totals.cycles += model.end;
    totals.elements += comparison.elements;
    totals.differences += comparison.differences;
    if (totals.inexact.empty()) totals.inexact = comparison.inexact;
    totals.model_seconds += model.seconds;
    totals.rtl_seconds += rtl.seconds;
    if (comparison.differences == 0) return "";
    return report(c, model, rtl, comparison);
}

}  // namespace tessera::verify
