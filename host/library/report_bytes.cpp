// SPDX-License-Identifier: MIT
#include "host/library/report_bytes.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "host/run/bytes.h"

namespace tessera::host {
namespace {

using Json = nlohmann::ordered_json;

std::string text_of(const Json& object, const char* member) {
    const auto found = object.find(member);
    return found != object.end() && found->is_string() ? found->get<std::string>() : "";
}

/// Every object with a value and a unit is a figure.
void add_figures(const Json& json, const std::string& path, std::vector<Report::Figure>& figures) {
    if (!json.is_object()) return;
    if (json.contains("value") && json.contains("unit")) {
        const Json& value = json["value"];
        const std::string formula = text_of(json, "formula");
        figures.push_back({path, value.is_number() ? value.get<double>() : std::nan(""),
                           text_of(json, "unit"),
                           formula.empty() ? text_of(json, "definition") : formula});
    }
    for (const auto& [key, member] : json.items())
        add_figures(member, path.empty() ? key : path + "." + key, figures);
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

Report report_of(const Point& point, const Caller& caller) {
    Report report;
    const RunVerdict verdict = point.verdict();
    report.verdict = verdict_of(verdict);
    for (const std::string& remark : remarks_on(verdict))
        report.remarks.push_back(caller.words(remark));
    report.json = point.text(Format::kJson);
    report.text = point.text(Format::kTable);
    add_figures(Json::parse(report.json), "", report.figures);
    report.errors = point.errors();
    if (caller.wants_tensors) report.tensors = point.tensors();
    return report;
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
