// SPDX-License-Identifier: MIT
#include "host/library/verdict.h"

#include "host/exit_codes.h"
#include "host/report/coverage_text.h"

namespace tessera::host {
namespace {

const char* word_of(Report::Verdict verdict) {
    switch (verdict) {
        case Report::Verdict::kGood: return "good";
        case Report::Verdict::kMismatch: return "mismatch";
        case Report::Verdict::kNotValid: break;
    }
    return "not valid";
}

}  // namespace

int exit_code(Report::Verdict verdict) {
    switch (verdict) {
        case Report::Verdict::kGood: return kExitGood;
        case Report::Verdict::kMismatch: return kExitMismatch;
        case Report::Verdict::kNotValid: break;
    }
    return kExitNotValid;
}

Report::Verdict verdict_of(const RunVerdict& v) {
    if (v.exactness.withheld()) return Report::Verdict::kNotValid;
    if (v.outside_bound || v.nothing_compared != nullptr) return Report::Verdict::kMismatch;
    return v.rejection.empty() ? Report::Verdict::kGood : Report::Verdict::kNotValid;
}

std::vector<std::string> remarks_on(const RunVerdict& v) {
    std::vector<std::string> remarks;
    if (!v.exactness.exact()) remarks.push_back(v.exactness.message(v.output));
    if (!v.rejection.empty()) remarks.push_back(v.rejection);
    if (v.nothing_compared != nullptr)
        remarks.push_back(nothing_compared_text(*v.nothing_compared));
    else if (v.check != nullptr && v.check->not_compared() != 0)
        remarks.push_back("note: " + coverage_text(*v.check));
    return remarks;
}

Section verdict_section(const RunVerdict& v) {
    const Report::Verdict verdict = verdict_of(v);
    return {"verdict",
            {fact("result", word_of(verdict)), fact("exit_code", exit_code(verdict)),
             list("remarks", remarks_on(v))}};
}

}  // namespace tessera::host
