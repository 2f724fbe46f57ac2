// SPDX-License-Identifier: MIT
#include "host/cli/compare_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "host/cli/field_options.h"
#include "host/cli/mask_options.h"
#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "host/config/keys.h"
#include "host/error.h"
#include "host/experiment/check.h"
#include "host/experiment/limits.h"
#include "host/experiment/problem_of.h"
#include "host/problem/mask_terms.h"
#include "host/problem/strided.h"

namespace tessera::host {
namespace {

constexpr const char* kProfileKey = "device.profile";
constexpr const char* kBlackbox = "blackbox/";
constexpr const char* kSentinelForms[] = {"columns", "split", "two-call"};

constexpr const char* kExamples = R"(Examples:
  tessera compare --random 2,1024,64
      every schedule on the same tensors
  tessera compare --random 2,1024,64 --masks dense causal window=256,sinks=4 block=256,summary=4
      every schedule with every one of these masks
  tessera compare --random 8,64,64 --kv-heads 2 --heads separate,stacked --profiles stats,stateful
      grouped queries both ways on two profiles; a row that a device cannot run says why
  tessera compare --device blackbox-64 --random 1,1024,64 --profiles blackbox,blackbox/two-call,stats
      what a device must reveal: shares in one call, in two, or its state
  tessera compare --random 1,1024,64 --schedules query-resident --covers auto,half
      a device that takes queries and keys apart beside one that takes a single set of tokens
  tessera compare --input x.safetensors --mask causal --format csv --out costs.csv
  tessera compare --random 1,16384,64 --memory ddr4-2400r --timing-only --format markdown
Exit codes: 0 good, 1 the check of a row failed, 2 user error, 3 a row's result is not exact,
4 device error)";

/// The names in `text`; UserError unless all are allowed and none is there twice.
std::vector<std::string> names_of(const char* option, const std::string& text,
                                  const std::vector<std::string>& allowed) {
    const std::vector<std::string> names = parts_of(text);
    for (auto name = names.begin(); name != names.end(); ++name)
        if (std::find(allowed.begin(), allowed.end(), *name) == allowed.end() ||
            std::find(names.begin(), name, *name) != name)
            throw bad_value("command line", option, printable(*name),
                            fmt::format("{}, each once", fmt::join(allowed, ", ")));
    return names;
}

/// A number of tokens; false if it is none.
bool add_tokens(const std::string& value, uint64_t& place) {
    return place == 0 && parses_as(value, place) && place != 0 && place <= kMaxTokens;
}

bool add_documents(std::string value, Experiment::Mask& mask) {
    if (!mask.documents.empty() || value.empty()) return false;
    std::replace(value.begin(), value.end(), ':', ',');
    mask.documents = number_list("--masks documents", value, kDocumentsAllowed);
    return true;
}

/// "window=4096" into the fields of a mask. False if it is no term, or the second of its name.
bool add_term(const std::string& term, Experiment::Mask& mask) {
    if (MaskKind kind{}; choice_of(term, kind)) {
        if (mask.kind) return false;
        mask.kind = kind;
        return true;
    }
    const size_t equals = term.find('=');
    if (equals == std::string::npos) return false;
    const std::string name = term.substr(0, equals), value = term.substr(equals + 1);
    for (const MaskTerm& number : mask_terms())
        if (name == number.name) return add_tokens(value, mask.*number.asked);
    if (name == "documents" || name == "segments")  // an alias
        return add_documents(value, mask);
    if (name != "tile-mask" || !mask.tile_flags.empty()) return false;
    mask.tile_flags = value;
    return !value.empty();
}

bool has_mask(const Experiment::Mask& m) {
    const auto given = [&](const MaskTerm& term) { return m.*term.asked != 0; };
    const std::vector<MaskTerm>& terms = mask_terms();
    return m.kind || std::any_of(terms.begin(), terms.end(), given) || !m.documents.empty() ||
           !m.tile_flags.empty();
}

/// What a mask on the command line may consist of.
std::string allowed_terms() {
    std::string allowed = all_names<MaskKind>();
    for (const MaskTerm& term : mask_terms()) allowed += fmt::format(", {}=N", term.name);
    return allowed + fmt::format(
                         ", documents=0:100:250, tile-mask=FILE, each once, with commas "
                         "between them; N is 1 to {}",
                         kMaxTokens);
}

/// The experiment with each mask.
std::vector<Experiment> masked(const Experiment& common, const std::vector<std::string>& masks) {
    if (masks.empty()) return {common};
    if (has_mask(common.workload.mask))
        throw bad_value("command line", "--masks", "given beside options of one mask",
                        "either; --align goes with both");
    name_terms_of_masks();
    std::vector<Experiment> all;
    for (auto mask = masks.begin(); mask != masks.end(); ++mask) {
        Experiment e = common;
        const std::vector<std::string> terms = parts_of(*mask);
        const auto add = [&e](const std::string& term) { return add_term(term, e.workload.mask); };
        if (!std::all_of(terms.begin(), terms.end(), add) ||
            std::find(masks.begin(), mask, *mask) != mask)
            throw bad_value("command line", "--masks", *mask, allowed_terms());
        check_texts(e);
        all.push_back(e);
    }
    return all;
}

/// The names of the profiles, and the experiment with each. "blackbox/two-call" says which
/// sentinel.
std::vector<std::pair<std::string, Experiment>> profiled(const Experiment& common,
                                                         const std::string& profiles) {
    const ConfigKey& key = *find_key(kProfileKey);
    if (profiles.empty()) return {{value_text(key.get(config_of(common))), common}};
    std::vector<std::string> allowed = key.choices;
    for (const char* form : kSentinelForms) allowed.push_back(kBlackbox + std::string(form));
    std::vector<std::pair<std::string, Experiment>> all;
    for (const std::string& name : names_of("--profiles", profiles, allowed)) {
        Experiment e = common;
        const size_t slash = name.find('/');
        add_setting(e.machine.settings, fmt::format("{}={}", kProfileKey, name.substr(0, slash)));
        if (slash != std::string::npos)
            e.schedule.sentinel = choose<Sentinel>("--profiles", name.substr(slash + 1));
        if (name.substr(0, slash) != key.choices.front()) e.schedule.sentinel_offset.reset();
        all.emplace_back(name, e);
    }
    const auto& offset = common.schedule.sentinel_offset;
    const auto has_offset = [](const auto& one) {
        return one.second.schedule.sentinel_offset.has_value();
    };
    if (offset && std::none_of(all.begin(), all.end(), has_offset))
        throw bad_value("command line", "--sentinel-offset", std::to_string(*offset),
                        "only with blackbox among --profiles");
    return all;
}

/// Those that are asked for, else all that the mask of the experiment lets.
std::vector<std::string> schedules_of(const Experiment& experiment, const CompareOptions& compare) {
    std::vector<std::string> names;
    Problem problem = problem_of(experiment);
    const uint32_t m = config_of(experiment).platform.params.m;
    for (const ScheduleInfo& info : schedules()) {
        problem.schedule = info.id;
        if (info.listed && experiment.schedule.order.empty()) continue;
        if (!compare.schedules.empty() || !problem.strided() || strided_rows(problem, m) != 0)
            names.emplace_back(info.name);
    }
    if (compare.schedules.empty()) return names;
    names.emplace_back(kAutoSchedule);
    return names_of("--schedules", compare.schedules, names);
}

std::vector<std::string> covers_of(const CompareOptions& compare) {
    if (compare.covers.empty()) return {};
    std::vector<std::string> names;
    for (const CoverKindInfo& info : cover_kinds()) names.emplace_back(info.name);
    return names_of("--covers", compare.covers, names);
}

/// A schedule or a cover, as a row is called, and the fields that ask for it.
struct Order {
    std::string row;
    std::optional<std::string> schedule, cover;
    Oracle oracle = Oracle::kQueryKey;
};

/// Schedules, then covers, then the oracle that is always causal.
std::vector<Order> orders_of(const Experiment& experiment, const CompareOptions& compare) {
    std::vector<Order> all;
    for (const std::string& name : schedules_of(experiment, compare))
        all.push_back({name, name, {}});
    for (const std::string& name : covers_of(compare))
        all.push_back({"cover " + name, {}, name, Oracle::kSelf});
    if (compare.row_causal) all.push_back({"row-causal", {}, {}, Oracle::kCausal});
    return all;
}

std::string mask_text(const Experiment& experiment) {
    AttentionMask mask = problem_of(experiment).mask;
    if (experiment.workload.mask.kind == MaskKind::kSparse) {  // its block follows from the input
        const size_t documents = mask.documents.size();
        return "sparse" + (documents == 0 ? "" : fmt::format(", {} documents", documents));
    }
    mask.tiles.source = experiment.workload.mask.tile_flags;  // its flags are read later
    return mask.text();
}

}  // namespace

void add_compare_options(CLI::App& compare, CompareOptions& o) {
    compare.footer(kExamples);
    const char* group = "What is compared (every combination is a row)";
    const auto list = [&](const char* name, std::string& value, const char* text) {
        compare.add_option(name, value, text)->check(not_empty())->type_name("LIST")->group(group);
    };
    list("--schedules", o.schedules,
         "names from `tessera schedules`, with commas between them (default: all that the mask "
         "lets, but auto)");
    list("--covers", o.covers,
         "names from `tessera covers`, each a row with --oracle self (default: none)");
    compare
        .add_flag("--row-causal", o.row_causal,
                  "a row more, with --oracle causal (docs/use/schedules.md, section 4)")
        ->group(group);
    list("--profiles", o.profiles,
         "profiles of the device: blackbox, stats, stateful; blackbox/columns, /split and "
         "/two-call choose its sentinel (default: the device's own)");
    list("--heads", o.heads,
         "places of query heads: separate, or stacked, where those of a head group share tiles "
         "(default separate)");
    compare
        .add_option("--masks", o.masks,
                    "masks, each a list of terms like causal or window=256,sinks=4 (default: the "
                    "one that the mask options give)")
        ->type_name("MASK")
        ->group(group);
    group = "Output";
    compare
        .add_option("--format", o.format,
                    "format of the results: table, json, csv or markdown (default table)")
        ->type_name("NAME")
        ->group(group);
    compare.add_option("--out", o.out, "file for the results instead of stdout")
        ->check(not_empty())
        ->type_name("FILE")
        ->group(group);
    compare
        .add_option("--jobs", o.jobs,
                    "number of simulations at once (default: as many as processors)")
        ->check(from_one())
        ->type_name("N")
        ->group(group);
}

std::vector<Combination> combinations(const Experiment& common, const CompareOptions& compare) {
    const std::vector<std::string> heads = names_of(
        "--heads", compare.heads.empty() ? "separate" : compare.heads, {"separate", "stacked"});
    std::vector<Combination> all;
    for (Experiment& mask : masked(common, compare.masks))
        for (const std::string& head : heads) {
            mask.schedule.stack_heads = head == "stacked";
            const std::vector<Order> orders = orders_of(mask, compare);
            for (const auto& [profile, machine] : profiled(mask, compare.profiles))
                for (const Order& order : orders) {
                    Combination c{machine, order.row, profile, mask_text(mask)};
                    Experiment::Schedule& schedule = c.experiment.schedule;
                    schedule.name = order.schedule;
                    schedule.cover = order.cover;
                    schedule.oracle = order.oracle;
                    if (order.cover) schedule.sentinel_offset.reset();
                    all.push_back(std::move(c));
                }
        }
    return all;
}

}  // namespace tessera::host
