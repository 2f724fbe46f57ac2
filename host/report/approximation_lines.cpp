// SPDX-License-Identifier: MIT
// An approximate run as lines of a summary.
#include <fmt/format.h>

#include <cmath>

#include "host/approximation/audit.h"
#include "host/report/summary.h"
#include "host/text.h"

namespace tessera::host {
namespace {

std::string short_percent(double x) { return fmt::format("{:.3g} %", 100 * x); }

/// Sizes that are infinite where nothing is approximated.
std::string samples_text(double x) {
    return std::isfinite(x) ? fmt::format("{:.4g}", x) : std::string("all");
}

class ApproximationLines {
  public:
    ApproximationLines(const Section& approximation, SummaryLines& lines)
        : approximation_(approximation), lines_(lines) {}

    void add() {
        row("approximation", approximation_.text("rule"),
            fmt::format("{} key tiles, seed {}; the figures above are its own",
                        approximation_.count("tiles"), approximation_.count("seed")));
        row("  exact attention", count("exact.calls"),
            fmt::format("calls by formula; predicted {} cycles, {} bytes",
                        count("exact.predicted_cycles"), count("exact.predicted_bytes")),
            "exact.calls");
        if (approximation_.count("selection.elements_read") != 0)
            row("  summaries, scores", count("selection.cycles"),
                fmt::format("cycles of the processor: {} steps, {} multiply-adds; counted, not "
                            "simulated",
                            count("selection.element_steps"), count("selection.multiply_adds")),
                "selection.cycles");
        audit();
        verdict();
    }

  private:
    void row(std::string label, std::string value, std::string remark, const char* key = nullptr) {
        lines_.add(std::move(label), std::move(value), std::move(remark),
                   key == nullptr ? "" : std::string("approximation.") + key);
    }
    std::string count(const char* key) const { return with_commas(approximation_.count(key)); }
    double worst(const std::string& key) const {
        return approximation_.number("verdict.worst." + key);
    }

    void audit() {
        row("audit", count("audit.rows"),
            fmt::format("rows of each head exactly: {} calls, formula {}", count("audit.calls"),
                        count("audit.calls_formula")),
            "audit.rows");
        const std::string merging =
            approximation_.count("audit.merge_elements") == 0
                ? ""
                : fmt::format("; {} elements merged", count("audit.merge_elements"));
        row("", count("audit.cycles"),
            fmt::format("cycles, {} bytes{}; a run of its own", count("audit.bytes"), merging),
            "audit.cycles");
    }

    void verdict() {
        const double tolerance = approximation_.number("tolerance");
        row("  error, worst head", fmt::format("{:.3e}", worst("median_error")),
            fmt::format("median of |o - exact| / |exact|; 95th percentile {:.3e}",
                        worst("p95_error")));
        row("  rows over tau", short_percent(worst("failing_bound")),
            fmt::format("at most, {:g} % confidence; {} of {} audited are over {:g}; allowed: {}",
                        100 * kConfidence, approximation_.count("verdict.worst.failures"),
                        approximation_.count("verdict.worst.rows"), tolerance,
                        short_percent(kMaxFailing)));
        row("  effective samples", samples_text(worst("least_effective_samples")),
            fmt::format("keys, the least of an audited row (on the host, in double precision); "
                        "needed: {:.6g}",
                        1 / (tolerance * tolerance)));
        row("  largest tile share", short_percent(worst("largest_tile_share")),
            fmt::format("of a row's weight, likewise; allowed: {}", short_percent(kMaxShare)));
        const bool valid = approximation_.flag("verdict.valid");
        row("verdict", valid ? "VALID" : "NOT VALID",
            valid ? "" : approximation_.text("verdict.text"));
    }

    const Section& approximation_;
    SummaryLines& lines_;
};

}  // namespace

void add_approximation_lines(const Section& content, SummaryLines& lines) {
    if (content.has("approximation"))
        ApproximationLines(content.section("approximation"), lines).add();
}

}  // namespace tessera::host
