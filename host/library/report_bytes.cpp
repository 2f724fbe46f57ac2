// SPDX-License-Identifier: MIT
#include "host/library/report_bytes.h"

#include <utility>

#include "host/run/bytes.h"

namespace tessera::host {
namespace {

/// Every number with a unit, by its path.
void add_figures(const Section& section, const std::string& path, const Words& words,
                 std::vector<Report::Figure>& figures) {
    for (const Entry& entry : section.entries) {
        const auto* inner = std::get_if<Section>(&entry);
        if (inner != nullptr) add_figures(*inner, path + inner->key + ".", words, figures);
        const auto* figure = std::get_if<Figure>(&entry);
        if (figure == nullptr || figure->unit.empty() ||
            std::holds_alternative<std::string>(figure->value))
            continue;
        const std::string& meaning = figure->formula.empty() ? figure->definition : figure->formula;
        figures.push_back(
            {path + figure->key, section.number(figure->key), figure->unit, words(meaning)});
    }
}

/// One walk for both directions.
template <typename Visitor, typename SomeReport>
void visit(Visitor& v, SomeReport& r) {
    v.value(r.verdict);
    v.text(r.json);
    v.text(r.text);
    v.length(r.remarks);
    for (auto& remark : r.remarks) v.text(remark);
    v.length(r.figures);
    for (auto& figure : r.figures) {
        v.text(figure.path);
        v.value(figure.value);
        v.text(figure.unit);
        v.text(figure.meaning);
    }
    v.value(r.errors);
    v.length(r.tensors);
    for (auto& tensor : r.tensors) {
        v.text(tensor.name);
        v.list(tensor.shape);
        v.list(tensor.values);
    }
}

}  // namespace

Report report_of(const Point& point) {
    const Caller& caller = point.caller();
    Report report;
    const RunVerdict verdict = point.verdict();
    report.verdict = verdict_of(verdict);
    for (const std::string& remark : remarks_on(verdict))
        report.remarks.push_back(caller.words(remark));
    report.json = point.text(Format::kJson);
    report.text = point.text(Format::kTable);
    report.figures = figures_of(point);
    report.errors = point.errors();
    if (caller.wants_tensors) report.tensors = point.tensors();
    return report;
}

std::vector<Report::Figure> figures_in(const Section& section, const Words& words) {
    std::vector<Report::Figure> figures;
    add_figures(section, "", words, figures);
    return figures;
}

std::vector<Report::Figure> figures_of(const Point& point) {
    return figures_in(point.document().content, point.caller().words);
}

Bytes bytes_of(const Report& report) {
    Packer packer;
    visit(packer, report);
    return std::move(packer.bytes);
}

Report report_from(const Bytes& bytes) {
    Unpacker unpacker(bytes);
    Report report;
    visit(unpacker, report);
    return report;
}

}  // namespace tessera::host
