// SPDX-License-Identifier: MIT
#include "host/cli/compare_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "host/cli/compare_options.h"
#include "host/cli/field_options.h"
#include "host/cli/progress.h"
#include "host/cli/report_format.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/experiment/problem_of.h"
#include "host/io/output_file.h"
#include "host/library/overwriting.h"
#include "host/library/point.h"
#include "host/processors.h"
#include "host/report/comparison.h"
#include "host/report/document_json.h"
#include "host/run/job.h"
#include "host/sweep/executor.h"

namespace tessera::host {
namespace {

/// A row's report, in a process of its own.
Document run_row(const Experiment& experiment, const std::vector<std::string>& command_line) {
    try {
        const Caller caller{command_line, {}, false, with_options};
        const std::unique_ptr<Point> point = make_point(experiment, caller, {});
        point->run();
        return point->document();
    } catch (const std::bad_alloc&) {
        throw UserError("out of host memory; try --jobs 1");
    }
}

class Compare {
  public:
    Compare(const CommandLine& line, const std::vector<std::string>& command_line)
        : options_(line.compare),
          sources_(line.sources),
          combinations_(combinations(line.experiment, line.compare)) {
        report_format(options_.format);
        comparison_.command_line = command_line;
    }

    int operator()() {
        progress_.phase("reading the input");
        open_output();
        plan();
        require_a_row();
        simulate();
        progress_.finish();
        if (!any_report()) require_no_failure();
        require_a_row();
        write();
        const int exit_code = verdict();
        require_no_failure();
        return exit_code;
    }

  private:
    void open_output() {
        if (options_.out.empty()) return;
        for (const Combination& c : combinations_)
            refuse_overwriting(c.experiment, sources_, {{"--out", options_.out}});
        file_.emplace(options_.out);
    }

    /// The rows, with the reason in those that cannot be.
    void plan() {
        for (const Combination& c : combinations_) {
            ComparedRow row{c.schedule, c.profile, c.mask, c.experiment.schedule.stack_heads,
                            {},         {},        {}};
            try {
                Experiment e = c.experiment;  // what auto chooses from can run if this can
                if (e.schedule.name == kAutoSchedule) e.schedule.name.reset();
                note(make_job(e, true).inputs.notes);
            } catch (const UserError& error) {
                row.refused = with_options(error.text());
            }
            comparison_.rows.push_back(std::move(row));
        }
    }

    /// All rows read the same input.
    void note(const std::vector<std::string>& notes) {
        if (!std::exchange(noted_, true))
            for (const std::string& text : notes) progress_.note(text);
    }

    bool any_report() const {
        return std::any_of(comparison_.rows.begin(), comparison_.rows.end(),
                           [](const ComparedRow& row) { return row.has_report(); });
    }

    void require_a_row() const {
        if (!any_report()) throw UserError(comparison_.rows.front().refused);
    }

    /// What stands against rows, on stderr; the exit code.
    int verdict() const {
        bool outside = false, inexact = false;
        for (size_t i = 0; i < combinations_.size(); ++i) {
            const ComparedRow& row = comparison_.rows[i];
            const RowState state = row.state();
            const bool nothing = state == RowState::kNothingCompared &&
                                 combinations_[i].experiment.outputs.check.value_or(false);
            outside = outside || nothing || state == RowState::kOutside;
            inexact = inexact || state == RowState::kInexact;
            if (nothing)
                fmt::print(stderr, "tessera: {}: {}\n", row.name(), with_options(row.reason()));
            if (!row.inexact().empty())
                fmt::print(stderr, "tessera: {}: {}\n", row.name(), with_options(row.inexact()));
        }
        return outside ? kExitMismatch : inexact ? kExitNotValid : kExitGood;
    }

    size_t most_at_once() const {
        return std::min<uint64_t>(options_.jobs.value_or(processors()), combinations_.size());
    }

    void simulate() {
        progress_.phase(fmt::format("comparing {} rows", combinations_.size()));
        std::vector<PointWork> points;
        std::vector<size_t> rows;
        for (size_t i = 0; i < combinations_.size(); ++i) {
            if (!comparison_.rows[i].has_report()) continue;
            rows.push_back(i);
            points.emplace_back([this, i] {
                const Document report =
                    run_row(combinations_[i].experiment, comparison_.command_line);
                return dumped(to_json(report), -1);
            });
        }
        std::vector<Outcome> outcomes(points.size());
        size_t ended = 0;
        ProcessLimits limits{most_at_once()};
        limits.one_processor = limits.at_once > 1;
        run_in_processes(points, limits, [&](size_t point, Outcome outcome) {
            outcomes[point] = std::move(outcome);
            progress_.share(static_cast<double>(++ended) / static_cast<double>(points.size()));
        });
        for (size_t i = 0; i < rows.size(); ++i) finish(comparison_.rows[rows[i]], outcomes[i]);
    }

    void finish(ComparedRow& row, const Outcome& outcome) {
        if (!outcome.error) {
            row.report = from_json(nlohmann::ordered_json::parse(outcome.result)).content;
            return;
        }
        const Error& error = *outcome.error;
        if (error.code() == ErrorCode::kUser) {
            row.refused = with_options(error.text());
            return;
        }
        row.failed = with_options(error.text());
        const bool bug = error.code() == ErrorCode::kInternal;
        if (!failure_ || (bug && failure_->code() != ErrorCode::kInternal))
            failure_.emplace(error.code(), row.name() + ": " + error.text());
    }

    /// A row that failed makes the command fail, once the others are written.
    void require_no_failure() const {
        if (failure_) throw *failure_;
    }

    void write() {
        const std::string text =
            with_options(comparison_text(comparison_, report_format(options_.format)));
        if (!file_) {
            fmt::print("{}", text);
            return;
        }
        file_->append(text);
        file_->commit();
    }

    const CompareOptions& options_;
    const std::vector<std::string>& sources_;
    const std::vector<Combination> combinations_;
    Comparison comparison_;
    Progress progress_;
    bool noted_ = false;
    std::optional<Error> failure_;  ///< of the first row that failed, by a bug if there is one
    std::optional<OutputFile> file_;
};

}  // namespace

int compare_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    return Compare(line, command_line)();
}

}  // namespace tessera::host
