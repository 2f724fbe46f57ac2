// SPDX-License-Identifier: MIT
#include "host/cli/diff_command.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "host/cli/option_checks.h"
#include "host/cli/report_format.h"
#include "host/cli/run_command.h"
#include "host/error.h"
#include "host/io/json_text.h"
#include "host/io/mapped_file.h"
#include "host/io/output_file.h"
#include "host/library/output_folder.h"
#include "host/report/difference.h"
#include "host/report/page.h"
#include "host/sweep/line_file.h"
#include "host/sweep/store.h"
#include "host/text.h"

namespace tessera::host {
namespace {

namespace fs = std::filesystem;

constexpr const char* kDiffExamples = R"(Examples:
  tessera diff before after
      the report.json of two runs, or the records of two sweeps, in these folders
  tessera diff before after -o diff.html
      a page with the largest changes in a picture
  tessera diff before.json after.json --figures cycles,bytes --fail-over 1
      for a test of your own: exit code 1 if cycles or bytes moved by more than 1 %
Values are compared to the last bit. Wall-clock times, command lines and names of files are left out.
Exit codes: 0 good, also where something moved; 1 a result moved by more than --fail-over; 2 user
error)";

FlatReport read_sweep(const std::string& path) {
    FlatReport sweep;
    sweep.schema = "tessera.sweep";
    uint64_t lines = 0;
    const LineFile file(path, LineFile::Access::kRead, [&](std::string_view line, uint64_t) {
        const std::string where = path + ", line " + std::to_string(++lines);
        add_point(where, parse_json(where, line), sweep);
    });
    return sweep;
}

FlatReport read_report(const std::string& given) {
    std::error_code error;
    const fs::path points = fs::path(given) / SweepStore::kPoints;
    if (fs::exists(points, error)) return read_sweep(points.string());
    const std::string path =
        fs::is_directory(given, error) ? (fs::path(given) / OutputFolder::kReport).string() : given;
    const MappedFile file(path);
    return flat_report(
        path, parse_json(path, {reinterpret_cast<const char*>(file.data()), file.bytes()}));
}

/// UserError if there is no page in this program, or if it would replace a report.
void write_page(const DiffOptions& options, const std::string& json) {
    if (!page_is_built()) throw UserError(kNoPage);
    std::error_code error;
    for (const std::string& given : {options.before, options.after})
        if (fs::equivalent(given, options.out, error))
            throw bad_value("command line", "--out", options.out, "a file that is not a report");
    write_file(options.out, page_html({{options.before + " → " + options.after, json}}));
}

}  // namespace

void add_diff_options(CLI::App& diff, CommandLine& line) {
    DiffOptions& o = line.diff;
    const char* what =
        "JSON report of a command; or a folder, of a run or a sweep, with its report or records";
    diff.footer(kDiffExamples);
    diff.add_option("before", o.before, what)->required()->type_name("FILE|DIR");
    diff.add_option("after", o.after, "the same, of what is compared with it")
        ->required()
        ->type_name("FILE|DIR");
    diff.add_option("--fail-over", o.fail_over,
                    "per cent by which no result may move, up or down; one that is no number may "
                    "not change at all (default: anything may)")
        ->check(finite_number())
        ->type_name("PCT");
    diff.add_option("--figures", o.figures,
                    "only these results, with commas between them: cycles,derived.bytes")
        ->check(not_empty())
        ->type_name("LIST");
    diff.add_option("-o,--out", o.out, "file for a page of the differences, for a browser")
        ->check(not_empty())
        ->type_name("FILE");
    diff.add_option("--format", line.format,
                    "format of the differences: table, json, csv or markdown (default table)")
        ->type_name("NAME");
}

int diff_command(const DiffOptions& options, const std::string& format_name) {
    const Format format = report_format(format_name);
    if (options.fail_over && *options.fail_over < 0)
        throw bad_value("command line", "--fail-over", fmt::format("{}", *options.fail_over),
                        "0 or more, in per cent");
    const FlatReport before = read_report(options.before), after = read_report(options.after);
    if (before.schema != after.schema)
        throw bad_value(options.after, "schema", after.schema,
                        before.schema + ", as " + options.before + " has");
    const ReportDifference difference = difference_of(
        before, after,
        options.figures.empty() ? std::vector<std::string>() : parts_of(options.figures));
    const Document document = difference_document(difference, options.before, options.after);
    if (!options.out.empty()) write_page(options, render(document, Format::kJson));
    fmt::print("{}", render(document, format));
    if (!options.fail_over) return kExitGood;
    const uint64_t above = count_above(difference, *options.fail_over / 100);
    if (above == 0) return kExitGood;
    fmt::print(stderr, "tessera: {} moved by more than {} %, the first {}\n",
               plural(above, "result"), *options.fail_over,
               one_line(difference.results.front().path));
    return kExitMismatch;
}

}  // namespace tessera::host
