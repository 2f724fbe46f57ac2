// SPDX-License-Identifier: MIT
#include "host/predict/auto_schedule.h"

#include <algorithm>

#include "host/error.h"
#include "host/predict/call_list.h"
#include "host/predict/formulas.h"
#include "host/problem/strided.h"

namespace tessera::host {
namespace {

/// Predictions closer than this are a tie.
constexpr double kTie = 0.005;

uint64_t query_tiles(const Problem& problem, uint32_t m) {
    uint64_t tiles = 0;
    for (const Problem& sequence : problem.sequences()) {
        const CallList list(sequence, m);
        tiles += uint64_t{list.stacks()} * list.query_tiles();
    }
    return tiles;
}

/// Do stacked heads have at most half the query tiles, and does the mask let them? What less saves
/// is lost in effects that a prediction does not see.
bool stacking_pays(const Problem& problem, uint32_t m) {
    if (problem.group() == 1 || !problem.stackable()) return false;
    if (uint64_t{problem.group()} * problem.nq >= spec::kPositionLimit) return false;
    Problem stacked = problem;
    stacked.stacked = true;
    return 2 * query_tiles(stacked, m) <= query_tiles(problem, m);
}

}  // namespace

std::string Candidate::name() const {
    return std::string(schedule_name(schedule)) + (stacked ? ", heads stacked" : "");
}

namespace {

/// The schedules, each with heads placed in one of the ways that `stacking` lists.
std::vector<Candidate> predicted(const Problem& problem, const SentinelWish& wish,
                                 const hw::PlatformConfig& config,
                                 const std::vector<bool>& stacking) {
    std::vector<Candidate> candidates;
    for (const bool stacked : stacking)
        for (const ScheduleInfo& schedule : schedules()) {
            if ((config.devices > 1 && !schedule.shared) || schedule.listed) continue;
            Problem p = problem;
            p.stacked = stacked;
            p.schedule = schedule.id;
            try {
                p.sentinel = choose_sentinel(p, wish, config.params);
                if (p.strided() && strided_rows(p, config.params.m) == 0) continue;
                candidates.push_back({p.schedule, stacked, p.sentinel,
                                      work_formula(p, config.params.m).calls,
                                      predict(make_layout(p, config), config)});
            } catch (const UserError&) {
                // Travelling states need memory that others do not.
            }
        }
    return candidates;
}

/// Fewer, fuller calls lean less on latencies, which a prediction knows least about: of those whose
/// cycles tie with the first one's, the fewest calls come first.
void break_ties(std::vector<Candidate>& candidates) {
    const auto ties = std::find_if(candidates.begin(), candidates.end(), [&](const Candidate& c) {
        return static_cast<double>(c.prediction.cycles) >
               (1 + kTie) * static_cast<double>(candidates.front().prediction.cycles);
    });
    std::stable_sort(candidates.begin(), ties,
                     [](const Candidate& a, const Candidate& b) { return a.calls < b.calls; });
}

}  // namespace

std::vector<Candidate> schedule_candidates(const Problem& problem, const SentinelWish& wish,
                                           const hw::PlatformConfig& config, Minimise minimise) {
    std::vector<bool> stacking = {problem.stacked};
    if (!problem.stacked && stacking_pays(problem, config.params.m)) stacking.push_back(true);
    std::vector<Candidate> candidates = predicted(problem, wish, config, stacking);
    const auto sort_by = [&](auto figure) {
        std::stable_sort(
            candidates.begin(), candidates.end(),
            [&](const Candidate& a, const Candidate& b) { return figure(a) < figure(b); });
    };
    sort_by([](const Candidate& c) { return c.prediction.cycles; });
    switch (minimise) {
        case Minimise::kCycles: break_ties(candidates); break;
        case Minimise::kCalls: sort_by([](const Candidate& c) { return c.calls; }); break;
        case Minimise::kBytes: sort_by([](const Candidate& c) { return c.prediction.bytes; });
    }
    return candidates;
}

}  // namespace tessera::host
