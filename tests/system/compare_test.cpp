// SPDX-License-Identifier: MIT
// `tessera compare` as a user meets it: its rows are what `tessera run` says, in every format.
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "host/io/safetensors.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/run_tessera.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::Finished;
using test::read_text;
using test::run_tessera;
using test::Scratch;
using Json = nlohmann::json;

namespace {

Json compared(const std::string& arguments) {
    const Finished f = run_tessera("compare --format json " + arguments);
    INFO(arguments << ": " << f.err);
    REQUIRE((f.exit_code == 0 || f.exit_code == 1));
    REQUIRE(f.err.empty());
    Json json = Json::parse(f.out);
    REQUIRE(json["schema"] == "tessera.compare");
    REQUIRE(json["schema_version"] == 2);
    return json;
}

size_t count_of(const std::string& part, const std::string& text) {
    size_t count = 0;
    for (size_t at = 0; (at = text.find(part, at)) != std::string::npos; ++at) ++count;
    return count;
}

/// RFC 4180: fields between commas, quoted if need be, lines end with CR LF.
std::vector<std::vector<std::string>> parse_csv(const std::string& text) {
    std::vector<std::vector<std::string>> lines;
    std::vector<std::string> line;
    std::string field;
    bool quoted = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted && c == '"' && i + 1 < text.size() && text[i + 1] == '"') {
            field += text[++i];
        } else if (c == '"') {
            quoted = !quoted;
        } else if (!quoted && (c == ',' || c == '\r')) {
            line.push_back(field);
            field.clear();
            if (c == ',') continue;
            REQUIRE((i + 1 < text.size() && text[++i] == '\n'));
            lines.push_back(line);
            line.clear();
        } else {
            field += c;
        }
    }
    REQUIRE((!quoted && field.empty() && line.empty()));
    return lines;
}

/// Cells between unescaped bars.
std::vector<std::string> parse_markdown_line(const std::string& line) {
    std::vector<std::string> cells;
    std::string cell;
    for (size_t i = 1; i < line.size(); ++i) {
        if (line[i] == '|' && line[i - 1] != '\\') {
            const size_t first = cell.find_first_not_of(' '), last = cell.find_last_not_of(' ');
            cells.push_back(first == std::string::npos ? "" : cell.substr(first, last - first + 1));
            cell.clear();
        } else {
            cell += line[i];
        }
    }
    return cells;
}

void write_ones(const std::string& path, float last) {
    const std::vector<uint64_t> shape = {1, 40, 8};
    host::SafetensorsWriter writer(path,
                                   {{"q", host::Dtype::kF32, shape},
                                    {"k", host::Dtype::kF32, shape},
                                    {"v", host::Dtype::kF32, shape}},
                                   {});
    std::vector<float> ones(40 * 8, 1.0f);
    ones.back() = last;
    for (const char* name : {"q", "k", "v"}) writer.write(name, 0, ones.data(), ones.size());
    writer.commit();
}

}  // namespace

TEST_CASE("every row is what tessera run says of it") {
    const std::string job = "--device tiny --memory ddr4-2400r --random 4,40,16 --kv-heads 2 --lse";
    const struct {
        const char *compare, *run, *words;
    } kMasks[] = {
        {"dense", "--mask dense", "dense"},
        {"causal", "--mask causal", "causal"},
        {"window=9,sinks=2", "--window 9 --sinks 2", "causal, window 9, sinks 2"},
        {"dense,window=3", "--mask dense --window 3", "dense, window 3"},
        {"prefix=7,window=3", "--prefix 7 --window 3", "causal, prefix 7, window 3"},
        {"block=16,summary=2", "--block 16 --summary 2", "causal, block 16, summary 2"},
        {"sparse", "--mask sparse", "sparse"},
        {"documents=0:7:30,causal", "--documents 0,7,30 --mask causal", "causal, 3 documents"}};
    std::string masks;
    for (const auto& mask : kMasks) masks += std::string(" ") + mask.compare;
    const Json json = compared(job + " --heads separate,stacked --masks" + masks);
    Compared rows("rows"), figures("figures");
    size_t at = 0;
    for (const auto& mask : kMasks)
        for (const std::string heads : {"separate", "stacked"})
            for (const std::string schedule : {"query-resident", "kv-resident", "paired"}) {
                REQUIRE(at < json["rows"].size());
                const Json& row = json["rows"][at++];
                const std::string name = std::string(mask.words) + " " + heads + " " + schedule;
                rows.holds(row["mask"] == mask.words && row["heads"] == heads &&
                               row["schedule"] == schedule && row["profile"] == "stateful",
                           [&] { return name; });
                const Finished f =
                    run_tessera("run --format json " + job + " " + mask.run + " --schedule " +
                                schedule + (heads == "stacked" ? " --stack-heads" : ""));
                if (f.exit_code != 0) {  // what run refuses is refused in its words
                    rows.holds(row["status"] == "refused" && row["derived"].is_null() &&
                                   f.err == "tessera: " + row["reason"].get<std::string>() + "\n",
                               [&] { return name + ": " + f.err; });
                    continue;
                }
                const Json run = Json::parse(f.out);
                rows.equal(row["status"], "within_bound", [&] { return name; });
                rows.equal(row["reason"].is_null(), true, [&] { return name; });
                rows.equal(row["problem"], run["problem"], [&] { return name; });
                rows.equal(row["configuration"], run["configuration"], [&] { return name; });
                for (const char* member : {"derived", "error"}) {
                    figures.equal(row[member].size(), run[member].size(), [&] { return name; });
                    for (const auto& [key, figure] : run[member].items())
                        figures.equal(row[member][key], figure,
                                      [&, k = key] { return name + ": " + k; });
                }
            }
    rows.equal(at, json["rows"].size());
}

TEST_CASE("rows by covers stand beside those of schedules, and are what tessera run says") {
    const std::string job = "--device tiny --random 4,40,16 --kv-heads 2 --lse ";
    const std::string arguments = job +
                                  "--schedules paired --covers auto,half,grid --heads "
                                  "separate,stacked --profiles stats,blackbox --masks "
                                  "dense causal window=3 ";
    const Json json = compared(arguments);
    Compared rows("rows"), figures("figures");
    size_t at = 0, covers = 0;
    for (const std::string mask : {"dense", "causal", "causal --window 3"})
        for (const std::string heads : {"", " --stack-heads"})
            for (const std::string profile : {"stats", "blackbox"})
                for (const std::string order :
                     {"--schedule paired", "--oracle self --cover auto",
                      "--oracle self --cover half", "--oracle self --cover grid"}) {
                    REQUIRE(at < json["rows"].size());
                    const Json& row = json["rows"][at++];
                    const std::string run = "run --format json " + job +
                                            "--set device.profile=" + profile + " --mask " + mask +
                                            heads + " " + order;
                    const size_t name = order.rfind("--cover ");
                    rows.equal(row["schedule"], name == std::string::npos
                                                    ? "paired"
                                                    : "cover " + order.substr(name + 8));
                    const Finished f = run_tessera(run);
                    if (f.exit_code != 0) {
                        rows.equal("tessera: " + row["reason"].get<std::string>() + "\n", f.err,
                                   [&] { return run; });
                        continue;
                    }
                    const Json report = Json::parse(f.out);
                    if (name != std::string::npos) ++covers;
                    rows.equal(row["status"], "within_bound", [&] { return run; });
                    rows.equal(row["oracle"], report["oracle"], [&] { return run; });
                    figures.equal(row["derived"], report["derived"], [&] { return run; });
                    figures.equal(row["error"], report["error"], [&] { return run; });
                }
    rows.equal(at, json["rows"].size());
    rows.holds(covers >= 4, [] { return "covers that run"; });  // auto and half, dense and causal
}

TEST_CASE("the least number of calls by covers is Schoenheim's, the table says which cover") {
    const std::string arguments =
        "--device tiny --random 2,96,16 --mask causal --timing-only --schedules query-resident "
        "--covers auto,half ";
    const auto csv = parse_csv(run_tessera("compare --format csv " + arguments).out);
    Compared cells("cells");
    REQUIRE(csv.size() == 4);
    // R = 6: 21 pairs of tiles, 49 lines of the design, 66 half-tiles; bound 42.
    const char* const expected[3][4] = {{"query-resident", "42", "42", "38"},
                                        {"cover auto", "98", "98", "84"},
                                        {"cover half", "132", "132", "84"}};
    for (size_t row = 0; row < 3; ++row) {
        cells.equal(csv[row + 1][3], expected[row][0]);
        for (size_t i = 1; i < 4; ++i)
            cells.equal(csv[row + 1][4 + i], expected[row][i], [&] { return expected[row][0]; });
    }
    const std::string table = run_tessera("compare " + arguments).out;
    for (const char* words : {"\ncover auto: searched design on 24 points\n",
                              "\ncover half: half-tiles\n", "Schoenheim's bound"})
        cells.holds(contains(table, words), [&] { return table; });
    std::istringstream lines(table);
    for (std::string line; std::getline(lines, line);)
        cells.holds(line.size() <= 160, [&] { return line; });
}

TEST_CASE("CSV, Markdown and table hold the rows of the JSON, however many run at once") {
    const std::string arguments =
        "--device tiny --random 1,40,16 --masks dense causal,window=5 "
        "--profiles blackbox,stateful --num-devices 2 ";
    const Json json = compared(arguments + "--jobs 1");
    Compared cells("cells");
    cells.equal(compared(arguments + "--jobs 7")["rows"], json["rows"]);
    const auto csv = parse_csv(run_tessera("compare --format csv " + arguments).out);
    REQUIRE(csv.size() == json["rows"].size() + 1);
    const std::vector<std::string>& header = csv.front();
    std::string units;
    for (const std::string& field : header) units += (units.empty() ? "" : ",") + field;
    cells.equal(units,
                "mask,heads,profile,schedule,status,calls [call],calls_formula [call],"
                "calls_at_least [call],cycles [cycle],mac_utilisation [1],useful_utilisation [1],"
                "bytes [byte],bytes_over_compulsory [1],bytes_over_io_bound [1],energy_low [J],"
                "energy_high [J],rms_relative [1],max_over_full_bound [1],reason");
    const auto timing = parse_csv(
        run_tessera("compare --format csv --timing-only --device tiny --random 1,9,9").out);
    cells.equal(timing.front() == header, true);
    std::istringstream markdown(run_tessera("compare --format markdown " + arguments).out);
    std::string line;
    std::getline(markdown, line);
    cells.equal(parse_markdown_line(line).size(), size_t{16});
    std::getline(markdown, line);
    for (size_t r = 0; r < json["rows"].size(); ++r) {
        const Json& row = json["rows"][r];
        const std::vector<std::string>& fields = csv[r + 1];
        REQUIRE(fields.size() == header.size());
        std::getline(markdown, line);
        const std::vector<std::string> pipes = parse_markdown_line(line);
        cells.equal(pipes.size(), size_t{16}, [&] { return line; });
        cells.equal(pipes[0], row["mask"]);
        for (size_t i = 0; i < header.size(); ++i) {
            const std::string key = header[i].substr(0, header[i].find(' '));
            const auto at = [&] { return header[i] + ", row " + std::to_string(r); };
            if (row.contains(key)) {
                cells.equal(fields[i], row[key].is_null() ? "" : row[key].get<std::string>(), at);
                continue;
            }
            const Json& from = row["derived"].contains(key) ? row["derived"] : row["error"];
            if (from.is_null()) {
                cells.equal(fields[i], "", at);
                continue;
            }
            cells.equal(header[i], key + " [" + from[key]["unit"].get<std::string>() + "]", at);
            const Json& value = from[key]["value"];
            cells.equal(fields[i].empty() ? Json() : Json::parse(fields[i]), value, at);
        }
    }
    const Finished table = run_tessera("compare " + arguments);
    std::istringstream lines(table.out);
    for (; std::getline(lines, line);) cells.holds(line.size() <= 160, [&] { return line; });
    for (const char* words : {"causal, window 5", "cannot run [1]",
                              "[1] command line: --num-devices is 2", "n/a", "blackbox"})
        cells.holds(contains(table.out, words), [&] { return table.out; });
}

TEST_CASE("rows that end early do not move") {
    const Json json = compared("--device tiny --random 1,900,16 --masks dense window=1 --jobs 4");
    Compared rows("rows");
    for (const Json& row : json["rows"]) {
        rows.equal(row["problem"]["mask"], row["mask"]);
        rows.equal(row["problem"]["schedule"], row["schedule"]);
    }
    rows.equal(json["rows"].size(), size_t{6});
}

TEST_CASE("what a device cannot run is a row, and the user's error if there is no other") {
    Compared facts("facts");
    const Json json = compared(
        "--device tiny --random 2,40,16 --num-devices 2 --schedules query-resident,kv-resident");
    REQUIRE(json["rows"].size() == 2);
    facts.equal(json["rows"][0]["status"], "within_bound");
    facts.equal(json["rows"][1]["status"], "refused");
    facts.holds(contains(json["rows"][1]["reason"], "--num-devices"),
                [&] { return json["rows"][1].dump(); });
    const Finished none = run_tessera(
        "compare --device tiny --random 1,40,16 --num-devices 2 --schedules "
        "kv-resident");
    facts.equal(none.exit_code, 2);
    facts.equal(none.out, "");
    facts.holds(contains(none.err, "--num-devices"), [&] { return none.err; });
    const Json timing = compared("--device tiny --random 1,40,16 --timing-only");
    facts.equal(timing["rows"][0]["status"], "not_checked");
    facts.holds(contains(timing["rows"][0]["reason"], "timing only"), [&] { return "reason"; });
    facts.equal(compared("--device tiny --random 1,40,16 --no-check")["rows"][0]["reason"],
                "--no-check");
    const Finished table = run_tessera("compare --device tiny --random 1,40,16 --no-check");
    facts.holds(contains(table.out, "not checked: --no-check"), [&] { return table.out; });
}

TEST_CASE("a row outside its bound: exit code 1, the others are good") {
    // Scores beyond the device's format; but a query that sees one key has nothing to weigh.
    const std::string arguments =
        "--device tiny --random 1,32,16 --scale 5e3 --schedules query-resident "
        "--masks dense window=1 --accept-inexact ";
    const Finished run = run_tessera("compare --format json " + arguments);
    const Json json = Json::parse(run.out);
    Compared facts("facts");
    // Both have clamped scores. That is accepted, but said.
    facts.equal(count_of(": not exact: ", run.err), size_t{2});
    facts.equal(json["rows"][0]["status"], "outside_bound");
    facts.equal(json["rows"][1]["status"], "within_bound");
    for (const char* format : {"table", "json", "csv", "markdown"})
        facts.equal(run_tessera("compare " + arguments + "--format " + format).exit_code, 1,
                    [&] { return format; });
    facts.equal(run_tessera("compare --device tiny --random 1,32,16").exit_code, 0);
    const auto marks = [](const std::string& text) { return count_of(" (!)\n", text); };
    facts.equal(marks(run_tessera("compare " + arguments).out), size_t{2});
    // Far beyond: no bound holds, so nothing is within one.
    const std::string far = "compare --device tiny --random 1,32,16 --scale 1e8 --accept-inexact";
    facts.equal(marks(run_tessera(far).out), size_t{3});
}

TEST_CASE("a file gets the same text, whole or not at all") {
    const Scratch files;
    const std::string job = "compare --device tiny --random 1,20,16 --format csv";
    Compared facts("facts");
    const std::string file = files / "costs.csv";
    const Finished f = run_tessera(job + " --out " + file);
    facts.equal(f.exit_code, 0);
    facts.equal(f.out, "");
    facts.equal(read_text(file), run_tessera(job).out);
    std::ofstream(file) << "before";
    facts.equal(run_tessera(job + " --scale 1e39 --out " + file).exit_code, 2);
    facts.equal(read_text(file), "before");
    const std::string input = files / "x.safetensors";
    write_ones(input, 1);
    const std::string tensors = read_text(input);
    const Finished over = run_tessera("compare --input " + input + " --out " + input);
    facts.equal(over.exit_code, 2);
    facts.holds(contains(over.err, "a file that is not an input"), [&] { return over.err; });
    facts.equal(read_text(input), tensors);
    const std::string lost =
        std::string(TESSERA_BINARY) + " " + job + " > /dev/full 2> " + (files / "err");
    const int status = std::system(lost.c_str());
    facts.equal(WEXITSTATUS(status), 2);
    facts.equal(read_text(files / "err"),
                "tessera: stdout: cannot be written: No space left on device\n");
    facts.equal(files.entries(), size_t{3});
}

TEST_CASE("bad command lines of compare: exit code 2, one message with the right words") {
    const Scratch files;
    write_ones(files / "nan.safetensors", std::numeric_limits<float>::quiet_NaN());
    const std::string random = "--random 1,8,8 ";
    const struct {
        std::string arguments;
        std::vector<std::string> words;
    } kCases[] = {
        {"", {"input", "missing", "--random"}},
        {random + "--schedules best", {"--schedules", "best", "query-resident, kv-resident"}},
        {random + "--schedules kv-resident,kv-resident", {"--schedules", "each once"}},
        {random + "--schedules kv-resident,", {"--schedules", "each once"}},
        {random + "--schedule kv-resident", {"--schedule", "compare --help"}},
        {random + "--profiles moon",
         {"--profiles", "moon", "blackbox, stats, stateful, blackbox/columns"}},
        {random + "--profiles stats --set device.profile=stats", {"device.profile", "once"}},
        {random + "--covers moon", {"--covers", "moon", "auto, affine, projective"}},
        {random + "--covers half,half", {"--covers", "each once"}},
        {random + "--sentinel-offset 3 --profiles stats", {"--sentinel-offset", "blackbox"}},
        {random + "--allow-nonfinite", {"--random excludes --allow-nonfinite"}},
        {random + "--heads both", {"--heads", "both", "separate, stacked"}},
        {random + "--masks round", {"--masks", "round", "window=N"}},
        {random + "--masks causal window=0", {"--masks", "window=0", "window=N"}},
        {random + "--masks window=2,window=3", {"--masks", "window=2,window=3", "each once"}},
        {random + "--masks causal,dense", {"--masks", "causal,dense"}},
        {random + "--masks sparse,block=4", {"--mask", "sparse", "--block"}},
        {random + "--masks causal causal", {"--masks", "causal", "each once"}},
        {random + "--masks documents=", {"--masks", "documents="}},
        {random + "--masks documents=0:x", {"--documents", "0,x"}},
        {random + "--masks ''", {"--masks"}},
        {random + "--masks causal --window 3", {"--masks", "options of one mask"}},
        {random + "--masks window=3000000000", {"--window", "1 to 2147483648"}},
        {random + "--masks sinks=9", {"--sinks", "9", "number of keys"}},
        {random + "--masks tile-mask=" + (files / "none.npy"), {"none.npy"}},
        {random + "--format xml", {"--format", "xml", "table, json, csv, markdown"}},
        {random + "--jobs 0", {"--jobs", "0", "whole number, 1"}},
        {random + "--timing-only --check", {"--timing-only", "--check"}},
        {random + "--device moon", {"moon", "base"}},
        {random + "--out " + files.path(), {"tessera-"}},
        {random + "--out " + (files / "none/file"), {"none/file"}},
        {"--random 1,8,65", {"d_k", "65", "base"}},
        {"--input " + (files / "nan.safetensors"), {"nan.safetensors", "token 39", "dim 7"}},
    };
    const size_t before = files.entries();
    Compared cases("command lines");
    for (const auto& c : kCases) {
        const Finished f = run_tessera("compare " + c.arguments);
        bool words = true;
        for (const std::string& word : c.words) words = words && contains(f.err, word);
        const bool one_line = !f.err.empty() && f.err.find('\n') == f.err.size() - 1;
        cases.holds(f.exit_code == 2 && f.out.empty() && one_line && words, [&] {
            return c.arguments + " -> " + std::to_string(f.exit_code) + " " + f.err;
        });
    }
    cases.equal(files.entries(), before);
    const Finished help = run_tessera("compare --help");
    for (const char* word : {"--schedules", "--masks", "--random", "Examples", "Exit codes"})
        cases.holds(help.exit_code == 0 && contains(help.out, word), [&] { return word; });
}
