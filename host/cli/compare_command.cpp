// SPDX-License-Identifier: MIT
#include "host/cli/compare_command.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <new>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <thread>
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
#include "host/report/comparison.h"
#include "host/report/document_json.h"
#include "host/run/job.h"
#include "host/run/worker.h"

namespace tessera::host {
namespace {

/// In a process of its own: the row's report.
Bytes run_row(const Experiment& experiment, const std::vector<std::string>& command_line) {
    try {
        const Caller caller{command_line, {}, false, with_options};
        const std::unique_ptr<Point> point = make_point(experiment, caller, {});
        point->run();
        const std::string report = dumped(to_json(point->document()), -1);
        return {report.begin(), report.end()};
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
        require_a_row();
        progress_.finish();
        write();
        return verdict();
    }

  private:
    struct Running {
        size_t row;
        std::unique_ptr<Worker> work;
    };

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

    void require_a_row() const {
        for (const ComparedRow& row : comparison_.rows)
            if (row.refused.empty()) return;
        throw UserError(comparison_.rows.front().refused);
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
        const uint64_t processors = std::max(1u, std::thread::hardware_concurrency());
        return std::min<uint64_t>(options_.jobs.value_or(processors), combinations_.size());
    }

    void simulate() {
        progress_.phase(fmt::format("comparing {} rows", combinations_.size()));
        const size_t rows = combinations_.size(), most = most_at_once();
        std::vector<Running> running;
        for (size_t next = 0; next < rows || !running.empty();) {
            if (next < rows && running.size() < most) {
                if (comparison_.rows[next].refused.empty()) running.push_back(start(next));
                ++next;
                continue;
            }
            if (running.empty()) break;
            const size_t ended = first_ended(running);
            finish(running[ended]);
            running.erase(running.begin() + static_cast<ptrdiff_t>(ended));
            progress_.share(static_cast<double>(next - running.size()) / static_cast<double>(rows));
        }
    }

    Running start(size_t row) const {
        const auto work = [this, row](const RunHooks&) {
            return run_row(combinations_[row].experiment, comparison_.command_line);
        };
        return {row, std::make_unique<Worker>(work)};
    }

    static size_t first_ended(const std::vector<Running>& running) {
        std::vector<pollfd> files;
        files.reserve(running.size());
        for (const Running& r : running) files.push_back({r.work->file(), POLLIN, 0});
        while (true) {
            if (::poll(files.data(), files.size(), -1) < 0 && errno != EINTR)
                throw std::runtime_error("poll failed");
            for (size_t i = 0; i < files.size(); ++i)
                if (files[i].revents != 0 && !running[i].work->receive({})) return i;
        }
    }

    void finish(Running& running) {
        ComparedRow& row = comparison_.rows[running.row];
        try {
            row.report = from_json(nlohmann::ordered_json::parse(running.work->finish())).content;
        } catch (const Error& error) {
            if (error.code() != ErrorCode::kUser)
                throw Error(error.code(), row.name() + ": " + error.text());
            row.refused = with_options(error.text());
        }
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
    std::optional<OutputFile> file_;
};

}  // namespace

int compare_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    return Compare(line, command_line)();
}

}  // namespace tessera::host
