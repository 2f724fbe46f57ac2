// SPDX-License-Identifier: MIT
#include <stdexcept>

#include "host/library/report_bytes.h"
#include "host/plain_fields.h"
#include "host/report/render.h"
#include "host/task/task_job.h"
#include "include/tessera/task.h"

namespace tessera {
namespace {

using Rows = std::vector<std::vector<int64_t>>;

/// The first `fields` numbers of each token.
std::vector<int64_t> numbers_of(const host::Fields& token, size_t fields) {
    return {token.begin(), token.begin() + static_cast<std::ptrdiff_t>(fields)};
}

Rows rows_of(const std::vector<host::Fields>& tokens, size_t fields) {
    Rows rows;
    rows.reserve(tokens.size());
    for (const host::Fields& token : tokens) rows.push_back(numbers_of(token, fields));
    return rows;
}

Rows truth_of(const host::Task& task, size_t fields) {
    Rows rows;
    rows.reserve(task.tokens());
    for (uint64_t p = 0; p < task.tokens(); ++p) {
        const bool known = task.counts(p) || task.emits(p);
        rows.push_back(numbers_of(known ? task.answer(p) : host::fields_of(), fields));
    }
    return rows;
}

/// The experiment's files would be written by nobody.
void check_outputs(const Experiment& experiment) {
    const Experiment::Outputs& outputs = experiment.outputs;
    if (!outputs.folder.empty()) throw host::bad_field("outputs.folder", outputs.folder, "none");
    if (!outputs.wave.empty()) throw host::bad_field("outputs.wave", outputs.wave, "none");
}

}  // namespace

const Report::Figure& TaskReport::figure(const std::string& path) const {
    for (const Report::Figure& one : figures)
        if (one.path == path) return one;
    throw std::out_of_range("the report has no figure " + path);
}

TaskReport run_task(const TaskOptions& options, const Experiment& experiment,
                    const RunHooks& hooks) {
    check_outputs(experiment);
    host::TaskJob job(options, experiment);
    job.run([&hooks](double share) {
        if (hooks.progress && !hooks.progress("simulating", share))
            throw Error(ErrorCode::kCancelled, "the task was ended");
    });
    const host::TaskResult& result = job.result();
    const host::Document document = job.document({}, {});
    TaskReport report;
    report.asked = result.asked;
    report.right = result.right;
    report.expected_right = result.expected_right;
    report.unexpected = result.unexpected;
    report.remarks = job.remarks();
    for (const std::string& note : job.notes()) report.notes.push_back(host::plain_fields(note));
    report.json = host::plain_fields(render(document, host::Format::kJson));
    report.text = host::plain_fields(render(document, host::Format::kTable));
    report.figures = host::figures_in(document.content, host::plain_fields);
    report.fields = job.task().field_names();
    report.tokens = rows_of(result.tokens, report.fields.size());
    report.answers = rows_of(result.answers, report.fields.size());
    report.truth = truth_of(job.task(), report.fields.size());
    return report;
}

}  // namespace tessera
