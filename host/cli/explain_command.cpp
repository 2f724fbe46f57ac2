// SPDX-License-Identifier: MIT
#include "host/cli/explain_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "host/cli/exit_meanings.h"
#include "host/cli/field_options.h"
#include "host/config/keys.h"
#include "host/error.h"
#include "host/experiment/fields.h"
#include "host/io/nearest_name.h"
#include "include/tessera/tessera.h"
#include "spec/counters.h"

namespace tessera::host {
namespace {

struct Definition {
    std::string key, kind, text;
};

/// Small experiments whose reports have all figures among them.
std::vector<Experiment> specimens() {
    Experiment plain;
    plain.machine.device = "tiny";
    plain.workload.random = {};
    plain.workload.random.tokens = 64;
    plain.workload.random.dimension = 8;
    plain.machine.memory = "ddr4-2400r";
    plain.workload.lse = true;
    plain.outputs.slots = {2, 2};
    std::vector<Experiment> all(5, plain);
    all[1].schedule.approximation.rule = "hybrid";
    all[1].schedule.approximation.tiles = 3;
    all[1].workload.lse = false;
    all[1].outputs.slots = {};
    all[2].schedule.oracle = Oracle::kSelf;
    for (Experiment* one : {&all[2], &all[3], &all[4]}) {
        one->outputs.slots = {};
        one->workload.lse = false;
    }
    all[3].operation = OperationKind::kLinear;
    all[4].operation = OperationKind::kGemm;
    all[4].workload.random = {};
    all[4].workload.random.rows = all[4].workload.random.columns = 16;
    all[4].workload.random.inner = 16;
    return all;
}

/// "memory.streams.3" as "memory.streams.N": rows of a table have the same columns.
std::string without_row(const std::string& path) {
    std::string out;
    for (size_t begin = 0; begin <= path.size();) {
        const size_t end = std::min(path.find('.', begin), path.size());
        const std::string part = path.substr(begin, end - begin);
        const bool row = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
        out += (out.empty() ? "" : ".") + (row ? "N" : part);
        begin = end + 1;
    }
    return out;
}

void add_figures(std::vector<Definition>& all) {
    std::map<std::string, bool> known;
    for (const spec::CounterInfo& counter : spec::kCounterTable) {
        const std::string path = std::string("counters.") + counter.name;
        known[path] = true;
        all.push_back(
            {path, "counter", fmt::format("{}, in {}s", counter.definition, counter.unit)});
    }
    for (const Experiment& specimen : specimens())
        for (const Report::Figure& figure : run(specimen).figures) {
            const std::string path = without_row(figure.path);
            if (std::exchange(known[path], true) || figure.meaning.empty()) continue;
            const std::string unit = figure.unit == "1" ? "a pure number" : "in " + figure.unit;
            all.push_back({path, "figure", figure.meaning + "; " + unit});
        }
}

std::vector<Definition> definitions() {
    std::vector<Definition> all;
    for (const ExitCode& one : kExitCodes)
        all.push_back({std::to_string(one.code), "exit code", one.meaning});
    for (const ConfigKey& key : config_keys())
        all.push_back({key.path, "configuration key", key.meaning + "; allowed: " + key.allowed()});
    for (const ExperimentField& field : experiment_fields()) {
        const std::string option = with_options("`" + field.path + "`");
        std::string text = field.meaning + "; allowed: " + field.allowed;
        if (option.rfind("--", 0) == 0) text += "; option " + option;
        all.push_back({field.path, "field of an experiment", text});
    }
    add_figures(all);
    return all;
}

bool is_meant(const std::string& path, const std::string& key) {
    const size_t rest = path.size() - std::min(path.size(), key.size());
    return path == key || (rest > 0 && path[rest - 1] == '.' && path.substr(rest) == key);
}

UserError unknown_key(const std::string& key, const std::vector<Definition>& all) {
    std::vector<std::string> names;
    names.reserve(2 * all.size());
    for (const Definition& one : all) {
        names.push_back(one.key);
        names.push_back(one.key.substr(one.key.rfind('.') + 1));
    }
    const std::string near = nearest_name(key, names);
    return UserError("command line: KEY is " + printable(key) +
                     ", which is no figure, counter, configuration key, field or exit code; " +
                     (near.empty() ? "tessera explain lists all" : "did you mean " + near + "?"));
}

}  // namespace

int explain_command(const std::string& key) {
    const std::vector<Definition> all = definitions();
    bool found = false;
    for (const Definition& one : all) {
        if (key.empty()) fmt::print("{:<22} {}\n", one.kind, one.key);
        if (key.empty() || !is_meant(one.key, key)) continue;
        found = true;
        fmt::print("{} ({})\n    {}\n", one.key, one.kind, with_options(one.text));
    }
    if (!key.empty() && !found) throw unknown_key(key, all);
    return kExitGood;
}

}  // namespace tessera::host
