// SPDX-License-Identifier: MIT
#include "host/report/error_rows.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "host/platform/counters.h"
#include "host/report/coverage_text.h"
#include "host/text.h"

namespace tessera::host {
namespace {

using spec::Counter;

class ErrorRows {
  public:
    explicit ErrorRows(const RunRecord& record) : record_(record) {}

    std::vector<ReportRow> rows() {
        flagged_rows();
        exactness();
        error();
        return std::move(rows_);
    }

  private:
    void row(std::string label, std::string value, std::string remark = "") {
        rows_.push_back({std::move(label), std::move(value), std::move(remark)});
    }

    void flagged_rows() {
        const fw::MergeWork& merged = record_.outcome.merging.work;
        const struct {
            Counter counter;
            uint64_t by_firmware;
            const char* text;
        } flags[] = {
            {Counter::kRowsEmpty, merged.rows_empty, "with no allowed key: o = 0"},
            {Counter::kRowsNan, merged.rows_nan, "with a NaN score or weight"},
            {Counter::kRowsSaturated, merged.rows_saturated, "with a clamped score: not exact"},
            {Counter::kRowsDiv0, merged.rows_div0, "normalised by 0"}};
        for (const auto& flag : flags) {
            // Of a black box the device's are partial rows, the sentinel's share in each.
            const uint64_t by_device = record_.problem.sentinel.given()
                                           ? 0
                                           : counter_value(record_.outcome.counters, flag.counter);
            const uint64_t rows = by_device + flag.by_firmware;
            if (rows != 0) row("rows", with_commas(rows), flag.text);
        }
    }

    void exactness() {
        const Exactness& e = record_.exactness;
        if (e.exact()) return;
        row("NOT EXACT", e.withheld() ? "o withheld" : "accepted", e.text());
    }

    void error() {
        if (!record_.error) {
            row("error", "not checked", record_.not_checked);
            return;
        }
        const ErrorSummary& e = *record_.error;
        row("check", "", coverage_text(e) + ", against double precision");
        if (e.elements != 0) distances(e);
        if (e.has_lse)
            row("lse: max abs", fmt::format("{:.3e}", e.lse_max_abs),
                fmt::format("largest error/bound {:.3f}", e.lse_max_over_bound));
        if (e.rows_nonfinite != 0)
            row("rows", with_commas(e.rows_nonfinite), "whose exact result has NaN or Inf");
        conversion();
    }

    void distances(const ErrorSummary& e) {
        row("error: max abs", fmt::format("{:.3e}", e.max_abs));
        row("error: rms relative", fmt::format("{:.3e}", e.rms_relative));
        // Above 1 only terms beyond those of docs/contract/device.md decide.
        const bool strict = e.outside_bound() || e.max_over_bound <= 1;
        row(strict ? "error: error/bound" : "error: error/bound, all terms",
            fmt::format("{:.3f}", strict ? e.max_over_bound : e.max_over_full_bound),
            e.outside_bound()       ? "largest; OUTSIDE THE BOUND: mismatch"
            : e.not_compared() == 0 ? "largest; every element within the bound"
                                    : "largest; every compared element within the bound");
        if (e.outside != 0)
            row("", with_commas(e.outside),
                fmt::format("elements outside; worst at head {}, row {}, column {}", e.worst_head,
                            e.worst_row, e.worst_column));
    }

    void conversion() {
        if (!record_.conversion) return;
        const Difference& c = *record_.conversion;
        if (c.elements == 0)
            row("inputs to bf16", "n/a", "no element is finite before and after rounding");
        else
            row("inputs to bf16", fmt::format("{:.3e}", c.max_abs),
                fmt::format("max abs change of o, {:.3e} rms relative; not part of the error",
                            c.rms_relative));
    }

    const RunRecord& record_;
    std::vector<ReportRow> rows_;
};

}  // namespace

std::vector<ReportRow> error_rows(const RunRecord& record) { return ErrorRows(record).rows(); }

}  // namespace tessera::host
