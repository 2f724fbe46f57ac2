// SPDX-License-Identifier: MIT
#include "host/cli/report_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/cli/field_options.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/io/json_text.h"
#include "host/io/mapped_file.h"
#include "host/io/output_file.h"
#include "host/library/output_folder.h"
#include "host/report/page.h"
#include "host/report/page_timeline.h"
#include "host/sweep/sweep_page.h"
#include "host/text.h"

namespace tessera::host {
namespace {

namespace fs = std::filesystem;

constexpr const char* kReportExamples = R"(Examples:
  tessera report result -o result/report.html
      the report.json and trace.json of a run with --out result
  tessera compare --random 4,1024,64 --format json --out runs.json && tessera report runs.json
      a comparison; report.html is the default
  tessera report one two
      two runs in one page, to switch between; also of models, services and profiles
The page needs no network and holds all that it shows.)";

constexpr int kMostFiles = 64;

/// The trace beside a report, if it is of the same run; else "null".
std::string timeline_beside(const fs::path& report, uint64_t commands) {
    const std::string path = (report.parent_path() / OutputFolder::kTrace).string();
    std::error_code error;
    if (report.filename() != OutputFolder::kReport || !fs::exists(path, error)) return "null";
    PageTimeline timeline(path);
    const MappedFile file(path);
    timeline.feed(file.text());
    return timeline.commands_total() == commands ? timeline.json() : "null";
}

PagePart part_of(const std::string& given, const std::string& out) {
    std::error_code error;
    const bool folder = fs::is_directory(given, error);
    if (folder && is_swept(given)) return {given, swept_json(given)};
    const fs::path path = folder ? fs::path(given) / OutputFolder::kReport : fs::path(given);
    if (fs::equivalent(path, out, error))
        throw bad_value("tessera report", "--out", out, "a file that is not a report");
    const MappedFile file(path.string());
    const std::string text(file.text());
    const nlohmann::json json = parse_json(path.string(), text);
    const std::string schema = json.is_object() ? json.value("schema", "") : "";
    const std::vector<std::string>& known = page_schemas();
    if (std::find(known.begin(), known.end(), schema) == known.end())
        throw bad_value(path.string(), "schema", schema,
                        fmt::format("a report of tessera: {}", fmt::join(known, ", ")));
    if (schema != known.front()) return {given, text};
    return {given, text, timeline_beside(path, json.value("commands_total", uint64_t{0}))};
}

}  // namespace

void add_page_options(CLI::App& report, CommandLine& line) {
    report.footer(kReportExamples);
    report
        .add_option("files", line.page.files,
                    "report.json, or JSON of a comparison or a grid; a folder: report.json in it, "
                    "or a sweep")
        ->required()
        ->expected(1, kMostFiles)
        ->type_name("FILE|DIR");
    report.add_option("-o,--out", line.page.out, "the page (default report.html)")
        ->type_name("FILE");
}

int report_command(const PageOptions& options) {
    if (!page_is_built()) throw UserError(kNoPage);
    std::vector<PagePart> parts;
    for (const std::string& file : options.files) parts.push_back(part_of(file, options.out));
    const std::string page = page_html(parts);
    write_file(options.out, page);
    fmt::print("{}: {} in {} bytes\n", options.out, plural(parts.size(), "report"),
               with_commas(page.size()));
    return kExitGood;
}

}  // namespace tessera::host
