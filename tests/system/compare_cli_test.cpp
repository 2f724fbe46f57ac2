// SPDX-License-Identifier: MIT
// `tessera compare` as a user meets it: the same rows in every format and file, and what it
// refuses.
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "host/io/safetensors.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/comparison.h"

using namespace tessera;
using test::Compared;
using test::comparison;
using test::contains;
using test::Finished;
using test::parse_csv;
using test::read_text;
using test::run_tessera;
using test::Scratch;
using Json = nlohmann::json;

namespace {

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

TEST_CASE("CSV, Markdown and table hold the rows of the JSON, however many run at once") {
    const std::string arguments =
        "--device tiny --random 1,40,16 --masks dense causal,window=5 "
        "--profiles blackbox,stateful --num-devices 2 ";
    const Json json = comparison(arguments + "--jobs 1");
    Compared cells("cells");
    cells.equal(comparison(arguments + "--jobs 7")["rows"], json["rows"]);
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
        {random + "--masks sparse,block=4", {"--masks is sparse", "--masks block"}},
        {random + "--masks causal causal", {"--masks", "causal", "each once"}},
        {random + "--masks documents=", {"--masks", "documents="}},
        {random + "--masks documents=0:x", {"--masks documents is 0,x"}},
        {random + "--masks ''", {"--masks"}},
        {random + "--masks causal --window 3", {"--masks", "options of one mask"}},
        {random + "--masks window=3000000000", {"--masks", "1 to 2147483648"}},
        {random + "--masks sinks=9", {"--masks sinks is 9", "number of keys"}},
        {random + "--masks prefix=99", {"--masks prefix is 99"}},
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
