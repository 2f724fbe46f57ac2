// SPDX-License-Identifier: MIT
#include "host/task/task_grid.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/experiment/experiment_json.h"
#include "host/report/document_json.h"
#include "host/report/render.h"
#include "host/report/sections.h"
#include "host/sweep/executor.h"
#include "host/task/task_job.h"
#include "host/text.h"

namespace tessera::host {
namespace {

constexpr const char* kTable = "points";

/// The number that makes a task large.
std::optional<uint64_t>& size_of(TaskOptions& options) {
    if (options.name == "kv") return options.pairs;
    const bool by_tokens = options.name == "mqar" || options.name == "vartrack" ||
                           options.name == "induction" || options.name == "copy" ||
                           options.name == "listops";
    return by_tokens ? options.tokens : options.size;
}

std::string text_of(const std::optional<uint64_t>& number) {
    return number ? std::to_string(*number) : "default";
}

std::string name_of(const TaskOptions& o, const Experiment& experiment) {
    return fmt::format(
        "{} {} code {} gap {} columns {} tokens {} pairs {} size {} reach {} chains {} hops {} "
        "symbols {} gram {} depth {} layout {} doubling {} seed {} alone {} on {}",
        o.name, o.model, o.code, o.gap.value_or(0), text_of(o.columns), text_of(o.tokens),
        text_of(o.pairs), text_of(o.size), text_of(o.reach), text_of(o.chains), text_of(o.hops),
        text_of(o.symbols), text_of(o.gram), text_of(o.depth), o.layout, o.doubling, o.seed,
        o.token_by_token, experiment_hash(experiment));
}

/// Cells that a device just wide enough has, times cycles.
double cells_cycles(const Section& report) {
    const auto lanes = static_cast<double>(report.count("configuration.resolved.device.LANES"));
    return 2 * lanes * report.number("task.columns") * report.number("cost.cycles");
}

std::vector<FigureValue> row_of(const TaskPoint& point, const TaskOutcome& outcome) {
    TaskOptions options = point.options;
    std::vector<FigureValue> row = {options.model, value_of(text_of(size_of(options))),
                                    value_of(text_of(options.columns)),
                                    outcome.error ? state_name(*outcome.error) : "ok"};
    if (outcome.error) {
        row.resize(15);
        row.emplace_back(outcome.error->text());
        return row;
    }
    const Section& report = outcome.document.content;
    const auto value = [&report](const char* path) { return report.at(path).value; };
    for (const char* path : {"task.tokens", "task.columns", "answers.asked", "answers.right",
                             "answers.accuracy", "answers.expected_accuracy", "answers.unexpected",
                             "cost.calls", "cost.cycles", "cost.all_bytes"})
        row.push_back(value(path));
    row.emplace_back(cells_cycles(report));
    row.emplace_back("");
    return row;
}

Table points_table(const std::vector<TaskPoint>& points, const std::vector<TaskOutcome>& outcomes) {
    Table table{kTable,
                {{"model"},
                 {"size"},
                 {"dim"},
                 {"state"},
                 {"tokens", "token"},
                 {"columns", "element"},
                 {"asked", "answer"},
                 {"right", "answer"},
                 {"accuracy", "1"},
                 {"expected_accuracy", "1"},
                 {"unexpected", "answer"},
                 {"calls", "call"},
                 {"cycles", "cycle"},
                 {"bytes", "byte"},
                 {"cells_cycles", "cell cycle"},
                 {"reason"}},
                {}};
    for (size_t i = 0; i < points.size(); ++i) table.rows.push_back(row_of(points[i], outcomes[i]));
    return table;
}

/// "yes", or the share of right answers in percent; "-" if the point was refused.
std::string cell_text(const Table& table, size_t row) {
    if (table.text(row, "state") != "ok") return table.text(row, "state") == "refused" ? "-" : "!";
    if (table.count(row, "right") == table.count(row, "asked")) return "yes";
    return fmt::format("{:.1f}", 100 * std::get<double>(table.cell(row, "accuracy")));
}

/// A line for each model and size, a column for each width.
SummaryBlock heat_map(const Table& table) {
    SummaryBlock block;
    block.columns = {{"model", 2, 9}, {"size", 2, 8, true}, {"tokens", 2, 9, true}};
    std::vector<std::string> widths;
    for (size_t row = 0; row < table.rows.size(); ++row) {
        const std::string& width = table.text(row, "dim");
        if (std::find(widths.begin(), widths.end(), width) == widths.end()) widths.push_back(width);
    }
    for (const std::string& width : widths) block.columns.push_back({"D " + width, 2, 7, true});
    for (size_t row = 0; row < table.rows.size(); row += widths.size()) {
        SummaryRow line;
        const auto* tokens = std::get_if<uint64_t>(&table.cell(row, "tokens"));
        line.cells = {table.text(row, "model"), table.text(row, "size"),
                      tokens == nullptr ? "" : with_commas(*tokens)};
        for (size_t i = 0; i < widths.size(); ++i) line.cells.push_back(cell_text(table, row + i));
        block.rows.push_back(std::move(line));
    }
    block.note = "yes: all answers are right; else the right ones in percent; -: not possible";
    return block;
}

}  // namespace

std::vector<TaskPoint> grid_points(const TaskOptions& options, const Experiment& experiment,
                                   const TaskGrid& grid) {
    // Of an empty list one turn, which changes nothing.
    const auto turns = [](size_t values) { return std::max<size_t>(values, 1); };
    std::vector<TaskPoint> points;
    points.reserve(turns(grid.models.size()) * turns(grid.sizes.size()) *
                   turns(grid.columns.size()));
    for (size_t model = 0; model < turns(grid.models.size()); ++model)
        for (size_t size = 0; size < turns(grid.sizes.size()); ++size)
            for (size_t columns = 0; columns < turns(grid.columns.size()); ++columns) {
                TaskOptions task = options;
                if (!grid.models.empty()) task.model = grid.models[model];
                if (!grid.sizes.empty()) size_of(task) = grid.sizes[size];
                if (!grid.columns.empty()) task.columns = grid.columns[columns];
                points.push_back({task, name_of(task, experiment)});
            }
    return points;
}

std::vector<TaskOutcome> run_points(const std::vector<TaskPoint>& points,
                                    const Experiment& experiment, const TaskGridRun& run) {
    std::vector<TaskOutcome> outcomes(points.size());
    std::vector<PointWork> missing;
    std::vector<size_t> places;  // of a missing point among all
    for (size_t i = 0; i < points.size(); ++i) {
        const Document* done = run.store == nullptr ? nullptr : run.store->find(points[i].name);
        if (done != nullptr) {
            outcomes[i].document = *done;
            continue;
        }
        places.push_back(i);
        missing.emplace_back([&point = points[i], &experiment] {
            TaskJob job(point.options, experiment);
            job.run({});
            return dumped(to_json(job.document({}, {})), -1);
        });
    }
    size_t ended = points.size() - missing.size();
    ProcessLimits limits{run.at_once};
    limits.one_processor = run.at_once > 1;
    run_in_processes(missing, limits, [&](size_t i, Outcome outcome) {
        TaskOutcome& own = outcomes[places[i]];
        own.error = std::move(outcome.error);
        if (!own.error) {
            own.document = from_json(nlohmann::ordered_json::parse(outcome.result));
            if (run.store != nullptr) run.store->add(points[places[i]].name, own.document);
        }
        if (run.progress)
            run.progress(static_cast<double>(++ended) / static_cast<double>(points.size()));
    });
    return outcomes;
}

Document grid_document(const std::vector<TaskPoint>& points,
                       const std::vector<TaskOutcome>& outcomes,
                       const std::vector<std::string>& command_line) {
    const Table table = points_table(points, outcomes);
    SummaryBlock summary = heat_map(table);
    const std::string& task = points.front().options.name;
    return {fmt::format("task {}, {}\n", task, plural(points.size(), "point")),
            {"",
             {fact("schema", "tessera.task_grid"), fact("schema_version", kReportSchemaVersion),
              tool_section(), list("command_line", command_line), fact("task", task), table}},
            {std::move(summary)}};
}

std::string grid_csv(const Document& document) {
    const Table& table = document.content.table(kTable);
    std::string text;
    const auto add = [&text](const std::string& field, bool last) {
        text += csv_field(field) + (last ? "\r\n" : ",");
    };
    for (size_t i = 0; i < table.columns.size(); ++i)
        add(table.columns[i].key, i + 1 == table.columns.size());
    for (const std::vector<FigureValue>& row : table.rows)
        for (size_t i = 0; i < row.size(); ++i) add(value_text(row[i]), i + 1 == row.size());
    return text;
}

uint64_t unexpected_answers(const Document& document) {
    const Table& table = document.content.table(kTable);
    uint64_t unexpected = 0;
    for (size_t row = 0; row < table.rows.size(); ++row)
        if (const auto* count = std::get_if<uint64_t>(&table.cell(row, "unexpected")))
            unexpected += *count;
    return unexpected;
}

}  // namespace tessera::host
