// SPDX-License-Identifier: MIT
#include "host/cli/approximation_options.h"

#include <fmt/format.h>

#include <limits>

#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"

namespace tessera::host {
namespace {

constexpr const char* kGroup = "Approximation (docs/use/schedules.md, section 5)";
constexpr uint64_t kMaxTiles = std::numeric_limits<uint32_t>::max();

void check_combinations(const RunOptions& o) {
    const struct {
        bool given;
        const char* option;
    } others[] = {{o.timing_only, "--timing-only"},
                  {o.oracle == "self", "--oracle self"},
                  {o.num_devices != 1, "--num-devices"},
                  {o.prefix != 0, "--prefix"},
                  {o.window != 0, "--window"},
                  {o.sinks != 0, "--sinks"},
                  {o.block != 0, "--block"},
                  {o.mask == kSparseMask, "--mask sparse"},
                  {!o.documents.empty(), "--documents"},
                  {!o.tile_mask.empty(), "--tile-mask"},
                  {!o.key_lengths.empty() || !o.query_lengths.empty(), "lengths of sequences"},
                  {!o.query_offsets.empty(), "--cu-seqlens-q"},
                  {o.stack_heads, "--stack-heads"},
                  {o.schedule == kAutoSchedule, "--schedule auto"},
                  {o.lse, "--lse"},
                  {!o.sink_logits.empty(), "--sink-logits"},
                  {o.output_format == "bf16", "--output-format bf16"},
                  {!o.slots.empty(), "--slots"}};
    for (const auto& other : others)
        if (other.given)
            throw UserError(
                fmt::format("command line: --approximate is not possible with {}; {}", other.option,
                            "it needs --mask dense or causal, output in fp32 and one device"));
}

}  // namespace

void add_approximation_options(CLI::App& run, RunOptions& o) {
    std::string names;
    for (const RuleInfo& info : approximation_rules())
        names += (names.empty() ? "" : ", ") + std::string(info.name);
    auto* rule =
        run.add_option(
               "--approximate", o.approximate,
               "attend to some key tiles only, by this rule, and audit the result: " + names)
            ->check(not_empty())
            ->type_name("RULE")
            ->group(kGroup);
    run.add_option("--tiles", o.tiles, "number of key tiles of a query tile, beside its own")
        ->check(from_one(kMaxTiles))
        ->type_name("R")
        ->needs(rule)
        ->group(kGroup);
    run.add_option("--approximate-seed", o.approximate_seed,
                   "seed of the drawn tiles and audited rows (default 1)")
        ->check(whole_number())
        ->type_name("N")
        ->needs(rule)
        ->group(kGroup);
}

void add_verdict_options(CLI::App& run, RunOptions& o) {
    CLI::Option* rule = run.get_option("--approximate");
    run.add_option("--tolerance", o.tolerance,
                   "relative error above which a row fails (default 0.1)")
        ->check(finite_number())
        ->type_name("X")
        ->needs(rule)
        ->group(kGroup);
    run.add_flag("--accept-approximation", o.accept_approximation,
                 "write the result and exit with 0 even if the audit finds it not valid")
        ->needs(rule)
        ->group(kGroup);
}

std::optional<Approximation> approximation_of(const RunOptions& o) {
    if (o.approximate.empty()) return std::nullopt;
    std::vector<std::pair<std::string, Rule>> rules;
    for (const RuleInfo& info : approximation_rules()) rules.emplace_back(info.name, info.rule);
    Approximation a;
    a.rule = choose("--approximate", o.approximate, rules);
    if (!o.tiles)
        throw bad_value("command line", "--tiles", "missing",
                        fmt::format("1 to {}, with --approximate", kMaxTiles));
    a.tiles = static_cast<uint32_t>(*o.tiles);
    a.seed = o.approximate_seed;
    a.tolerance = o.tolerance;
    a.accept = o.accept_approximation;
    check_combinations(o);
    return a;
}

}  // namespace tessera::host
