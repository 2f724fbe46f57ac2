// SPDX-License-Identifier: MIT
#include "host/cli/batch_options.h"

#include <algorithm>

#include "host/cli/option_values.h"
#include "spec/params.h"

namespace tessera::host {
namespace {

constexpr const char* kExample = "whole numbers with commas between them: 100,2000,65536";

}  // namespace

void add_batch_options(CLI::App& run, RunOptions& o) {
    const char* group = "Batch (docs/schedules.md, section 3)";
    const auto list = [&](const char* name, std::string& value, const char* text) {
        run.add_option(name, value, text)->check(not_empty())->type_name("LIST")->group(group);
    };
    list("--key-lengths", o.key_lengths,
         "keys of each sequence of the batch, the others are padding: 100,2000,65536");
    list("--query-lengths", o.query_lengths,
         "queries of each sequence, likewise; output beyond them is zeros");
    run.add_option("--batch", o.batch,
                   "of --random: sequences of HEADS heads each (default: as many as lengths)")
        ->check(from_one(spec::kPositionLimit - 1))
        ->type_name("N")
        ->needs(run.get_option("--random"))
        ->group(group);
}

void set_lengths(const RunOptions& o, Problem& problem) {
    if (!o.query_lengths.empty())
        problem.query_lengths = number_list("--query-lengths", o.query_lengths, kExample);
    if (!o.key_lengths.empty())
        problem.key_lengths = number_list("--key-lengths", o.key_lengths, kExample);
}

void set_batch(const RunOptions& o, const Problem& problem, RandomShape& shape) {
    const std::vector<uint32_t>& keys = problem.key_lengths;
    shape.batch = o.batch != 0 ? o.batch : std::max(keys.size(), problem.query_lengths.size());
    if (shape.keys == 0 && !keys.empty()) shape.keys = *std::max_element(keys.begin(), keys.end());
}

}  // namespace tessera::host
