// SPDX-License-Identifier: MIT
// Summaries of reports: what a person reads first. They are made of the document's content alone.
#pragma once
#include <string>
#include <vector>

#include "host/report/document.h"

namespace tessera::host {

/// Rows of label, value and remark.
class SummaryLines {
  public:
    /// Labels and values in so many columns of text.
    SummaryLines(uint32_t label_width, uint32_t value_width);

    /// `figure`: the path of what `value` is, if it is one of the document's.
    void add(std::string label, std::string value, std::string remark = "",
             std::string figure = "");
    SummaryBlock take() { return std::move(block_); }

  private:
    SummaryBlock block_;
};

/// Of an attention; `content` as attention_document() builds it.
std::vector<SummaryBlock> attention_summary(const Section& content);
/// What is not exact and how far the result is from double precision, of an attention.
void add_error_lines(const Section& content, SummaryLines& lines);
/// The approximation, if there is one.
void add_approximation_lines(const Section& content, SummaryLines& lines);

/// Calls, cycles and bytes of an operation without softmax; `content` as operation_document()
/// builds it.
std::vector<SummaryBlock> operation_summary(const Section& content);

/// "compared 63 of 64 elements, 1 not comparable because ...", of a section with `elements` and
/// `not_compared`.
std::string coverage_text(const Section& error);

/// 0.5 as "50.00 %"; "n/a" if it is not finite.
std::string percent(double x);

}  // namespace tessera::host
