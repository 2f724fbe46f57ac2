// SPDX-License-Identifier: MIT
// Documents as text, as Markdown, as JSON and as CSV (RFC 4180). A renderer walks the document and
// knows nothing of what it is about.
#pragma once
#include <string>

#include "host/report/document.h"

namespace tessera::host {

/// Formats of a report; those that `--format` names.
enum class Format { kTable, kMarkdown, kCsv, kJson };

/// The document, ending with the end of a line. Text and Markdown have title and summary, lines of
/// text at most about 100 columns wide. JSON and CSV have the whole content.
std::string render(const Document& document, Format format);

/// A value as a field of CSV has it: a number in full, nothing where there is none or none finite.
std::string value_text(const FigureValue& value);
/// A field of CSV, quoted where it has to be.
std::string csv_field(const std::string& text);
/// A cell of a Markdown table: nothing in it ends it.
std::string markdown_cell(std::string text);

}  // namespace tessera::host
