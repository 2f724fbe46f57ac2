// SPDX-License-Identifier: MIT
#include "host/cli/approximation_options.h"

#include <string>

#include "host/approximation/approximation.h"
#include "host/cli/option_checks.h"
#include "host/experiment/limits.h"

namespace tessera::host {
namespace {

constexpr const char* kGroup = "Approximation (docs/use/schedules.md, section 5)";

}  // namespace

void add_approximation_options(CLI::App& run, Experiment::Approximation& approximation) {
    std::string names;
    for (const RuleInfo& info : approximation_rules())
        names += (names.empty() ? "" : ", ") + std::string(info.name);
    auto* rule =
        run.add_option(
               "--approximate", approximation.rule,
               "attend to some key tiles only, by this rule, and audit the result: " + names)
            ->check(not_empty())
            ->type_name("RULE")
            ->group(kGroup);
    run.add_option("--tiles", approximation.tiles,
                   "number of key tiles of a query tile, beside its own")
        ->check(from_one(kMaxSelectedTiles))
        ->type_name("R")
        ->needs(rule)
        ->group(kGroup);
    run.add_option("--approximate-seed", approximation.seed,
                   "seed of the drawn tiles and audited rows (default 1)")
        ->check(whole_number())
        ->type_name("N")
        ->needs(rule)
        ->group(kGroup);
}

void add_verdict_options(CLI::App& run, Experiment& experiment) {
    CLI::Option* rule = run.get_option("--approximate");
    run.add_option("--tolerance", experiment.schedule.approximation.tolerance,
                   "relative error above which a row fails (default 0.1)")
        ->check(finite_number())
        ->type_name("X")
        ->needs(rule)
        ->group(kGroup);
    run.add_flag("--accept-approximation", experiment.outputs.accept_approximation,
                 "write the result and exit with 0 even if the audit finds it not valid")
        ->needs(rule)
        ->group(kGroup);
}

}  // namespace tessera::host
