// SPDX-License-Identifier: MIT
#include "host/task/task_document.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <utility>

#include "host/experiment/experiment_json.h"
#include "host/report/document_json.h"
#include "host/report/sections.h"
#include "host/report/summary.h"
#include "host/report/title.h"
#include "host/text.h"

namespace tessera::host {
namespace {

double share(uint64_t part, uint64_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

/// "symbol 17, letter 3"; "unknown" if the model does not know.
std::string fields_text(const Task& task, const Fields& fields) {
    if (fields == fields_of()) return "unknown";
    const std::vector<std::string> names = task.field_names();
    std::string text;
    for (size_t i = 0; i < names.size(); ++i)
        if (fields.at(i) != kNothing)
            text += fmt::format("{}{} {}", text.empty() ? "" : ", ", names[i], fields.at(i));
    return text;
}

/// An answer of one number needs no name.
std::string answer_text(const Task& task, const Fields& fields) {
    return fields == fields_of(fields[0]) && fields[0] != kNothing ? std::to_string(fields[0])
                                                                   : fields_text(task, fields);
}

Section task_section(const TaskSetup& setup, const HeadCost& cost, size_t layers) {
    const FetchSettings& settings = setup.settings;
    return {"task",
            {fact("title", setup.title), fact("model", model_name(setup.model)),
             defined("tokens", setup.task->tokens(), "token", "of the sequence"),
             defined("layers", uint64_t{layers}, "layer", "each fetches once"),
             defined("fetches", uint64_t{setup.task->layers().front().fetches}, "fetch",
                     "of a token in layer 1"),
             defined("columns", std::max(cost.dimension, cost.value_dimension), "element",
                     "of the widest query, key or value row"),
             fact("code", settings.code == CodeKind::kBits ? "bits" : "digits"),
             defined("gap", settings.gap, "1",
                     "scores of other addresses are lower by at least so many powers of two")}};
}

Entry first_wrong_entry(const Task& task, const TaskResult& result) {
    if (!result.first_wrong) return fact("first_wrong", nullptr);
    const WrongAnswer& wrong = *result.first_wrong;
    return Section{
        "first_wrong",
        {fact("position", wrong.position), fact("question", wrong.question),
         fact("want", answer_text(task, wrong.want)), fact("got", answer_text(task, wrong.got))}};
}

Section answers_section(const Task& task, const TaskResult& result) {
    Section section{"answers",
                    {defined("asked", result.asked, "answer", "that count"),
                     defined("right", result.right, "answer", "equal to the truth in all fields"),
                     Figure{"accuracy", share(result.right, result.asked), "1", "right / asked"}}};
    const auto add = [&](Entry entry) { section.entries.push_back(std::move(entry)); };
    const char* meaning = "right answers if a fetch returns what its query can reach, exactly";
    if (result.expected_right) {
        add(defined("expected_right", *result.expected_right, "answer", meaning));
        add(Figure{"expected_accuracy", share(*result.expected_right, result.asked), "1",
                   "expected_right / asked"});
    } else {
        add(fact("expected_right", nullptr));
        add(fact("expected_accuracy", nullptr));
    }
    add(result.no_closed_form.empty() ? fact("no_closed_form", nullptr)
                                      : fact("no_closed_form", result.no_closed_form));
    add(defined("unexpected", result.unexpected, "answer", "other than by the closed form"));
    add(first_wrong_entry(task, result));
    add(defined("token_by_token", result.emitted, "token", "that went through the layers alone"));
    return section;
}

Section bytes_section(const HeadCost& cost) {
    Section section{"bytes", {}};
    for (const auto& [stream, count] : cost.bytes)
        section.entries.emplace_back(Figure{stream, count, "byte", "counter bytes_" + stream});
    return section;
}

Figure stall_free_figure(const HeadCost& cost) {
    FigureValue value;
    if (cost.stall_free_cycles) value = *cost.stall_free_cycles;
    return defined("stall_free_cycles", value, "cycle",
                   "by closed formula; null if an attention has none");
}

Section cost_section(const TaskResult& result, const HeadCost& cost) {
    return {"cost",
            {Figure{"attentions", cost.runs, "run", "of the device, each with all its heads"},
             Figure{"calls", cost.calls, "call", "of all attentions"},
             Figure{"cycles", cost.cycles, "cycle", "likewise"}, stall_free_figure(cost),
             Figure{"all_bytes", cost.all_bytes(), "byte", "through the memory port"},
             bytes_section(cost),
             defined("host_elements", cost.elements, "element",
                     "of q, k, v that the host makes and of o that it reads"),
             defined("clamped_rows", cost.clamped_rows, "row",
                     "with scores that were clamped, as the code of the keys means it"),
             defined("host_fields", result.updated_fields, "field",
                     "of tokens, written by the host behind each layer")}};
}

Entry error_entry(const HeadCost& cost) {
    if (cost.compared == 0) return Section{"error", {fact("checked", false)}};
    return Section{
        "error",
        {fact("checked", true), defined("elements", cost.compared, "element", "compared"),
         defined("outside", cost.outside, "element", "beyond the bound"),
         defined("max_over_bound", cost.max_over_bound, "1",
                 "largest error of an attention over its bound")}};
}

Table attentions_table(const DeviceRunner& runner) {
    Table table{"attentions",
                {{"name"},
                 {"heads", "head"},
                 {"dimension", "element"},
                 {"value_dimension", "element"},
                 {"runs", "run"},
                 {"calls", "call"},
                 {"cycles", "cycle"},
                 {"bytes", "byte"}},
                {},
                true};
    for (const auto& [label, cost] : runner.costs())
        table.rows.push_back({label, value_of(cost.heads), value_of(cost.dimension),
                              value_of(cost.value_dimension), value_of(cost.runs),
                              value_of(cost.calls), value_of(cost.cycles),
                              value_of(cost.all_bytes())});
    return table;
}

/// Of an approximate schedule, of each attention.
Table audits_table(const DeviceRunner& runner) {
    Table table{
        "audits", {{"valid"}, {"few_fail"}, {"rows", "row"}, {"failures", "row"}, {"text"}}, {}};
    for (const std::string& text : runner.reports()) {
        const nlohmann::json verdict = nlohmann::json::parse(text)["approximation"]["verdict"];
        table.rows.push_back({verdict["valid"].get<bool>(), verdict["few_fail"].get<bool>(),
                              verdict["worst"]["rows"].get<uint64_t>(),
                              verdict["worst"]["failures"].get<uint64_t>(),
                              verdict["text"].get<std::string>()});
    }
    return table;
}

void add_audit_lines(const Table& audits, SummaryLines& lines) {
    for (size_t row = 0; row < audits.rows.size(); ++row)
        lines.add("audit", std::get<bool>(audits.cell(row, "valid")) ? "valid" : "NOT VALID",
                  fmt::format("{} of {} audited rows fail; {}", audits.count(row, "failures"),
                              audits.count(row, "rows"), audits.text(row, "text")));
}

SummaryBlock attentions_block(const Table& table) {
    SummaryBlock block;
    block.columns = {{"attention", 2, 18},    {"heads", 2, 5, true}, {"d_k", 2, 5, true},
                     {"d_v", 2, 5, true},     {"runs", 2, 6, true},  {"calls", 2, 9, true},
                     {"cycles", 2, 13, true}, {"bytes", 2, 15, true}};
    for (const std::vector<FigureValue>& row : table.rows) {
        std::vector<std::string> cells = {std::get<std::string>(row.front())};
        for (size_t i = 1; i < row.size(); ++i)
            cells.push_back(with_commas(std::get<uint64_t>(row[i])));
        block.rows.push_back({std::move(cells)});
    }
    return block;
}

std::string per_token(const TaskResult& result, const HeadCost& cost) {
    std::string text =
        fmt::format("tokens; {} cycles each", with_commas(cost.cycles / result.emitted));
    if (cost.stall_free_cycles)
        text += fmt::format("; {} without stalls, by closed formula",
                            with_commas(*cost.stall_free_cycles / result.emitted));
    return text;
}

SummaryBlock lines_of(const TaskRecord& report, const HeadCost& cost) {
    const TaskResult& result = *report.result;
    const Task& task = *report.setup->task;
    SummaryLines lines(20, 16);
    lines.add("accuracy", fmt::format("{:.4f} %", 100 * share(result.right, result.asked)),
              fmt::format("{} of {} {}", with_commas(result.right), with_commas(result.asked),
                          task.answers_name()),
              "answers.accuracy");
    if (result.expected_right)
        lines.add("expected",
                  fmt::format("{:.4f} %", 100 * share(*result.expected_right, result.asked)),
                  "by closed form: what each query can reach", "answers.expected_accuracy");
    else
        lines.add("expected", "n/a", "no closed form: " + result.no_closed_form);
    if (result.first_wrong) {
        const WrongAnswer& wrong = *result.first_wrong;
        lines.add("first wrong at", with_commas(wrong.position),
                  fmt::format("{}: {}, right is {}", wrong.question, answer_text(task, wrong.got),
                              answer_text(task, wrong.want)),
                  "answers.first_wrong.position");
    }
    add_audit_lines(audits_table(*report.runner), lines);
    if (result.emitted != 0)
        lines.add("token by token", with_commas(result.emitted), per_token(result, cost),
                  "answers.token_by_token");
    std::string calls = plural(cost.calls, "call");
    if (cost.stall_free_cycles)
        calls += fmt::format("; {} without stalls, by closed formula",
                             with_commas(*cost.stall_free_cycles));
    lines.add("cycles", with_commas(cost.cycles), calls, "cost.cycles");
    lines.add("bytes", with_commas(cost.all_bytes()), "through the memory port", "cost.all_bytes");
    lines.add("host", with_commas(cost.elements),
              fmt::format("elements of q, k, v, o; {} fields of tokens",
                          with_commas(result.updated_fields)),
              "cost.host_elements");
    if (cost.compared != 0)
        lines.add("error: error/bound", fmt::format("{:.3g}", cost.max_over_bound),
                  fmt::format("largest of {} elements, against double precision",
                              with_commas(cost.compared)),
                  "error.max_over_bound");
    lines.add("simulated in", engineering(report.seconds, "s"));
    return lines.take();
}

}  // namespace

Document task_document(const TaskRecord& report) {
    const TaskSetup& setup = *report.setup;
    const Task& task = *setup.task;
    const HeadCost cost = report.runner->sum();
    const size_t layers = task.layers().size();
    Table attentions = attentions_table(*report.runner);
    std::vector<SummaryBlock> summary = {attentions_block(attentions), lines_of(report, cost)};
    Section content{"",
                    {fact("schema", "tessera.task"), fact("schema_version", kReportSchemaVersion),
                     tool_section(), list("command_line", report.command_line),
                     task_section(setup, cost, layers),
                     section_of("experiment", experiment_json(setup.settings.experiment)),
                     answers_section(task, *report.result), cost_section(*report.result, cost),
                     std::move(attentions), audits_table(*report.runner), error_entry(cost),
                     configuration_section(report.config, {}),
                     Section{"host", {fact("simulation_seconds", report.seconds)}},
                     list("files", report.files)}};
    std::string title =
        machine_text(report.config, "", "") +
        fmt::format("task {}\nmodel {}, {}, {} tokens\n", setup.title, model_name(setup.model),
                    plural(layers, "layer"), with_commas(task.tokens()));
    return {std::move(title), std::move(content), std::move(summary)};
}

std::vector<std::string> remarks_on(const TaskResult& result, const HeadCost& cost) {
    std::vector<std::string> remarks;
    if (result.unexpected != 0)
        remarks.push_back(fmt::format("{} of {} answers are not those of the closed form",
                                      with_commas(result.unexpected), with_commas(result.asked)));
    if (cost.outside != 0)
        remarks.push_back(fmt::format("{} elements of attentions are outside of their bound",
                                      with_commas(cost.outside)));
    return remarks;
}

}  // namespace tessera::host
