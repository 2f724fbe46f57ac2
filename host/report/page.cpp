// SPDX-License-Identifier: MIT
#include "host/report/page.h"

#include <nlohmann/json.hpp>
#include <string_view>

#include "host/page/page_data.h"
#include "host/report/document_json.h"

namespace tessera::host {
namespace {

/// JSON within a script element, which "</script" and "<!--" would end or change. JSON has "<" in
/// strings alone, where it may be written by its number.
void append_json(std::string& page, std::string_view json) {
    for (size_t at; (at = json.find('<')) != std::string_view::npos; json.remove_prefix(at + 1)) {
        page += json.substr(0, at);
        page += "\\u003c";
    }
    page += json;
}

}  // namespace

const char* const kNoPage =
    "report.html: this tessera was built without it, for lack of npm or of the network; install "
    "npm and build again";

// host/page/src/main.js has what it does with each.
const std::vector<std::string>& page_schemas() {
    static const std::vector<std::string> schemas = {
        "tessera.report",  "tessera.compare",  "tessera.gemm",  "tessera.linear",
        "tessera.embed",   "tessera.generate", "tessera.heads", "tessera.transcribe",
        "tessera.profile", "tessera.serve",    "tessera.task",  "tessera.task_grid",
        "tessera.diff"};
    return schemas;
}

bool page_is_built() { return !page_start().empty(); }

std::string page_html(const std::vector<PagePart>& parts) {
    std::string page(page_start());
    page += "[";
    for (const PagePart& part : parts) {
        page += page.back() == '[' ? "" : ",\n";
        page += "{\"name\":";
        append_json(page, dumped(part.name, -1));
        page += ",\"report\":";
        append_json(page, part.report);
        page += ",\"timeline\":";
        append_json(page, part.timeline);
        page += "}";
    }
    page += "]";
    page += page_end();
    return page;
}

}  // namespace tessera::host
