// SPDX-License-Identifier: MIT
#include "host/cli/option_checks.h"
#include "host/cli/sweep_command.h"

namespace tessera::host {
namespace {

constexpr const char* kSweepExamples = R"(Examples:
  tessera sweep grid.json -o result
      every point of the grid; again, and it does only what is missing
  tessera sweep grid.json --dry-run
      the points and what each is predicted to take; runs nothing
  tessera sweep result --figures cycles,energy_high,max:mac_utilisation
      goes on with the sweep in this folder, and judges its points by these figures
  tessera sweep grid.json -o shards/2 --shard 2/8
      the second of eight parts, for a machine or a job of its own; tessera merge joins them
docs/use/sweeps.md says what a grid is, and what the files hold.
Exit codes: 0 good, 1 a result is outside its bound, 2 user error, or all points were refused, 3 a
result is not exact, 4 a device error, 70 a crash. All of these are records: no point ends the sweep)";

constexpr const char* kMergeExamples = R"(Examples:
  tessera merge shards/1 shards/2 shards/3 -o result
      byte for byte what a sweep of all points writes
Records that are missing, there twice, or of another version of the program are named, and nothing
is written. Exit codes are those of tessera sweep)";

void add_results_options(CLI::App& app, std::string& figures, std::string& format) {
    app.add_option("--figures", figures,
                   "figures for the Pareto front and the sensitivities, with commas between them; "
                   "less is better, or more with max: before the name (default cycles,bytes)")
        ->check(not_empty())
        ->type_name("LIST");
    app.add_option("--pareto", figures, "the same as --figures")
        ->check(not_empty())
        ->type_name("LIST");
    app.add_option("--format", format,
                   "format of the results: table, json, csv or markdown (default table)")
        ->type_name("NAME");
}

}  // namespace

void add_sweep_options(CLI::App& sweep, CommandLine& line) {
    SweepOptions& o = line.sweep;
    sweep.footer(kSweepExamples);
    sweep.add_option("grid", o.grid, "grid of points; or the folder of a sweep, to go on with it")
        ->required()
        ->check(not_empty())
        ->type_name("FILE|DIR");
    sweep.add_option("-o,--out", o.out, "folder for the results")
        ->check(not_empty())
        ->type_name("DIR");
    sweep
        .add_option("-j,--jobs", o.jobs,
                    "number of simulations at once (default: as many as processors)")
        ->check(from_one())
        ->type_name("N");
    sweep
        .add_option("--shard", o.shard,
                    "only the points of this part of the grid: 2/8 is the second of eight")
        ->check(not_empty())
        ->type_name("I/N");
    sweep.add_flag("--retry", o.retry, "run points again that failed or were refused");
    sweep.add_flag("--dry-run", o.dry_run,
                   "list the points with predicted cycles and time, and run nothing");
    add_results_options(sweep, o.figures, line.format);
}

void add_merge_options(CLI::App& merge, CommandLine& line) {
    MergeOptions& o = line.merge;
    merge.footer(kMergeExamples);
    merge.add_option("folders", o.folders, "folders of all shards of a sweep")
        ->required()
        ->check(not_empty())
        ->type_name("DIR");
    merge.add_option("-o,--out", o.out, "folder for the results")
        ->required()
        ->check(not_empty())
        ->type_name("DIR");
    add_results_options(merge, o.figures, line.format);
}

}  // namespace tessera::host
