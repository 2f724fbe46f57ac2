// SPDX-License-Identifier: MIT
#include "host/sweep/simulated_point.h"

#include <cmath>
#include <memory>

#include "host/experiment/check.h"
#include "host/experiment/field_values.h"
#include "host/library/point.h"
#include "host/library/report_bytes.h"

namespace tessera::host {
namespace {

using Json = nlohmann::json;

const char* state_of(Report::Verdict verdict) {
    switch (verdict) {
        case Report::Verdict::kGood: return "ok";
        case Report::Verdict::kMismatch: return "mismatch";
        case Report::Verdict::kNotValid: break;
    }
    return "not_valid";
}

/// Wall clock differs each time, and constants are those of the configuration.
bool is_result(const std::string& path) {
    return path.rfind("host.", 0) != 0 && path.rfind("energy_model.", 0) != 0;
}

}  // namespace

std::string simulated_point(const Experiment& experiment) {
    check_experiment(experiment);
    Json notes = Json::array();
    const RunHooks hooks{{}, [&](const std::string& text) { notes.push_back(plain_fields(text)); }};
    const std::unique_ptr<Point> point = run_point(experiment, Caller{}, hooks);
    Json figures = Json::object(), definitions = Json::array();
    for (const Report::Figure& figure : figures_of(*point)) {
        if (!is_result(figure.path)) continue;
        figures[figure.path] = std::isfinite(figure.value) ? as_whole(figure.value) : Json();
        definitions.push_back({figure.path, figure.unit, figure.meaning});
    }
    const RunVerdict verdict = point->verdict();
    Json outcome = {{"state", state_of(verdict_of(verdict))}, {"figures", std::move(figures)}};
    Json remarks = Json::array();
    for (const std::string& remark : remarks_on(verdict)) remarks.push_back(plain_fields(remark));
    if (!remarks.empty()) outcome["remarks"] = std::move(remarks);
    if (!notes.empty()) outcome["notes"] = std::move(notes);
    return Json({{"outcome", std::move(outcome)}, {"definitions", std::move(definitions)}})
        .dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace tessera::host
