// SPDX-License-Identifier: MIT
#include "host/cli/sweep_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <set>

#include "host/cli/option_values.h"
#include "host/cli/progress.h"
#include "host/cli/report_format.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/io/output_file.h"
#include "host/io/temporary.h"
#include "host/processors.h"
#include "host/sweep/foreseen.h"
#include "host/sweep/merge.h"
#include "host/sweep/results.h"
#include "host/sweep/sweep.h"
#include "host/text.h"

namespace tessera::host {
namespace {

namespace fs = std::filesystem;

bool is_folder(const std::string& path) {
    std::error_code error;
    return fs::is_directory(path, error);
}

Shard shard_of(const std::string& text) {
    Shard shard;
    const size_t slash = text.find('/');
    if (text.empty()) return shard;
    const bool good = slash != std::string::npos &&
                      parses_as(text.substr(0, slash), shard.number) &&
                      parses_as(text.substr(slash + 1), shard.count);
    if (!good || shard.number == 0 || shard.number > shard.count)
        throw bad_value("command line", "--shard", printable(text), "I/N with 1 <= I <= N: 2/8");
    return shard;
}

std::vector<std::string> figures_of(const std::string& list) {
    return list.empty() ? std::vector<std::string>() : parts_of(list);
}

/// Makes the folder, and removes what killed sweeps were writing there.
void make_folder(const std::string& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw system_error(folder, "cannot create this folder", error.value());
}

void write_grid(const std::string& folder, const Grid& grid) {
    const std::string file = file_in(folder, SweepStore::kGrid);
    if (fs::exists(file) && Grid::of_file(file).text() == grid.text()) return;
    write_file(file, grid.text());
}

/// The exit code, and on stderr why it is not kExitGood.
int verdict(const SweepOverview& overview, size_t points) {
    const auto say = [&](const std::string& state, const char* what) {
        if (overview.count(state) != 0)
            fmt::print(stderr, "tessera: {} {}\n", plural(overview.count(state), "point"), what);
        return overview.count(state) != 0;
    };
    const bool failed = say("failed", "failed");
    const bool mismatch = say("mismatch", "outside the error bound");
    const bool not_valid = say("not_valid", "with a result that is known not to be good");
    const bool all_refused = say("refused", "refused") && overview.count("refused") == points;
    const auto of_device = [](const SweepErrors& e) {
        return e.state != "failed" || e.code == "device";
    };
    if (failed)
        return std::all_of(overview.errors.begin(), overview.errors.end(), of_device)
                   ? kExitDeviceError
                   : kExitInternalError;
    if (mismatch) return kExitMismatch;
    if (not_valid) return kExitNotValid;
    return all_refused ? kExitUserError : kExitGood;
}

/// Writes the tables and prints the results; the exit code.
int finish(const std::string& folder, const SweepResults& results, const std::string& figures,
           Format format) {
    const SweepOverview overview = overview_of(results, figures_of(figures));
    const Document document = sweep_document(results, overview);
    write_records(folder, results);
    write_tables(folder, results, overview, document);
    fmt::print("{}", render(document, format));
    return verdict(overview, results.points.size());
}

void list_points(const PointList& points) {
    uint64_t cycles = 0;
    double seconds = 0;
    for (size_t i = 0; i < points.size(); ++i) {
        const GridPoint point = points.point(i);
        const Foreseen f = foreseen(point.experiment);
        cycles += f.cycles.value_or(0);
        seconds += f.seconds.value_or(0);
        const std::string cost =
            f.refused.empty() ? (f.cycles ? fmt::format("{:>16}  {:>9}", with_commas(*f.cycles),
                                                        engineering(*f.seconds, "s"))
                                          : fmt::format("{:>16}  {:>9}", "n/a", "n/a"))
                              : "refused: " + f.refused;
        fmt::print("{:<48} {}\n", point.name, cost);
    }
    fmt::print("{}, {} cycles and {} of one processor predicted; nothing was run\n",
               plural(points.size(), "point"), with_commas(cycles), engineering(seconds, "s"));
}

/// `tessera sweep` in its folder.
class SweepRun {
  public:
    SweepRun(const SweepOptions& options, const Grid& grid, const std::string& folder)
        : options_(options), points_(grid, shard_of(options.shard)) {
        make_folder(folder);
        store_.emplace(folder, LineFile::Access::kAppend);
        refuse_strangers(points_, *store_);
        write_grid(folder, grid);
        for (const char* name : {SweepStore::kPoints, SweepStore::kFigures, SweepStore::kGrid,
                                 "points.csv", "points.sqlite", "sweep.json"})
            remove_temporaries(file_in(folder, name));
    }

    int operator()(Format format) {
        for (const auto& [version, count] : store_->foreign())
            progress_.note(fmt::format("{} of version {} will be made anew",
                                       plural(count, "record"), printable(version)));
        if (options_.retry) forget_failures();
        simulate();
        progress_.finish();
        const SweepResults results{
            points_, [this](const std::string& hash) { return store_->outcome(hash); },
            store_->definitions()};
        if (options_.shard.empty())
            return finish(store_->folder(), results, options_.figures, format);
        write_records(store_->folder(), results);
        const SweepOverview overview = overview_of(results, {});
        fmt::print("shard {}: {} in {}\n", options_.shard, plural(points_.size(), "point"),
                   store_->folder());
        return verdict(overview, points_.size());
    }

  private:
    void forget_failures() {
        for (const std::string& hash : store_->hashes())
            if (store_->outcome(hash).contains("error")) store_->forget(hash);
    }

    void simulate() {
        const size_t all = points_.size();
        progress_.phase(fmt::format("sweeping {}", plural(all, "point")));
        ProcessLimits limits{options_.jobs.value_or(processors())};
        limits.one_processor = true;
        const auto executor = [&](const std::vector<PointWork>& work, const Ends& ends) {
            run_in_processes(work, limits, ends);
        };
        sweep(points_, executor, *store_, [&](size_t ended) {
            progress_.share(static_cast<double>(ended) / static_cast<double>(all));
        });
    }

    const SweepOptions& options_;
    PointList points_;
    std::optional<SweepStore> store_;
    Progress progress_;
};

}  // namespace

int sweep_command(const SweepOptions& options, const std::string& format_name) {
    const Format format = report_format(format_name);
    const bool again = is_folder(options.grid);
    const std::string& folder = again && options.out.empty() ? options.grid : options.out;
    const Grid grid =
        Grid::of_file(again ? file_in(options.grid, SweepStore::kGrid) : options.grid);
    if (options.dry_run) {
        list_points({grid, shard_of(options.shard)});
        return kExitGood;
    }
    if (folder.empty())
        throw bad_value("command line", "--out", "missing",
                        "a folder for the results; or --dry-run");
    return SweepRun(options, grid, folder)(format);
}

int merge_command(const MergeOptions& options, const std::string& format_name) {
    const Format format = report_format(format_name);
    const Grid grid = common_grid(options.folders);
    const PointList points(grid, {});
    const Merge merge(options.folders, points);
    for (const std::string& folder : options.folders) {
        std::error_code error;
        if (fs::equivalent(folder, options.out, error))
            throw bad_value("command line", "--out", printable(options.out),
                            "a folder that is none of the shards");
    }
    make_folder(options.out);
    SweepStore store(options.out, LineFile::Access::kAppend);  // nobody else writes there
    refuse_strangers(points, store);
    write_grid(options.out, grid);
    const SweepResults results{points, [&](const std::string& hash) { return merge.outcome(hash); },
                               merge.definitions()};
    return finish(options.out, results, options.figures, format);
}

}  // namespace tessera::host
