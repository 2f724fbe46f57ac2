// SPDX-License-Identifier: MIT
// report.html: reports as one page for a browser, made from their JSON alone (docs/use/report.md).
// The page is bundled when this program is built (host/page), if npm is there.
#pragma once
#include <string>
#include <vector>

namespace tessera::host {

/// A report as it stands in the page.
struct PagePart {
    std::string name;               ///< for people: a file
    std::string report;             ///< JSON of one of page_schemas()
    std::string timeline = "null";  ///< PageTimeline::json()
};

/// Is there a page in this program?
bool page_is_built();
/// Why there is none, and what to do: a line without its end.
extern const char* const kNoPage;

/// Schemas of the reports that the page shows.
const std::vector<std::string>& page_schemas();

/// The whole file; `parts` has at least one. Only if page_is_built().
std::string page_html(const std::vector<PagePart>& parts);

}  // namespace tessera::host
