// SPDX-License-Identifier: MIT
// `--format`: the same report as text, as Markdown, as CSV and as JSON.
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/csv.h"
#include "tests/support/run_tessera.h"

using namespace tessera;
using test::Compared;
using test::Finished;
using test::run_tessera;
using Json = nlohmann::json;

namespace {

std::string written(const std::string& arguments, const char* format) {
    const Finished f = run_tessera(arguments + " --format " + format);
    INFO(arguments << " " << format << ": " << f.err);
    REQUIRE(f.exit_code == 0);
    return f.out;
}

/// section.key -> the fields behind them.
std::map<std::string, std::vector<std::string>> figures_of(const std::string& csv) {
    const auto lines = test::parse_csv(csv);
    REQUIRE(lines.at(0) == std::vector<std::string>{"section", "key", "value", "unit", "formula"});
    std::map<std::string, std::vector<std::string>> figures;
    for (size_t i = 1; i < lines.size(); ++i)
        figures[lines[i].at(0) + "." + lines[i].at(1)] = {lines[i].begin() + 2, lines[i].end()};
    return figures;
}

/// A line of cells as words: without bars, blanks and the backslashes before bars.
std::string words_of(const std::string& line) {
    std::istringstream words(line);
    std::string all;
    for (std::string word; words >> word;)
        if (word != "|") all += (all.empty() ? "" : " ") + word;
    for (size_t at = 0; (at = all.find("\\|", at)) != std::string::npos; ++at) all.erase(at, 1);
    return all;
}

}  // namespace

TEST_CASE("all formats have the same figures") {
    Compared figures("figures of CSV"), lines("lines of Markdown");
    for (const std::string arguments :
         {"run --device tiny --random 4,40,16 --kv-heads 2 --lse --window 9 --memory ddr4-2400r",
          "run --device tiny --random 4,64,16 --num-devices 2 --memory ddr4-2400r",
          "run --device tiny --random 2,48,16 --schedule auto",
          "run --device tiny --random 1,64,16 --oracle self",
          "run --device tiny --random 1,64,16 --timing-only --slots 2x3",
          "run --device tiny --random 2,200,16 --approximate sample --tiles 3 "
          "--accept-approximation",
          "gemm --device tiny --random 20,30,40", "linear --device tiny --random 2,40,8"}) {
        const Json json = Json::parse(written(arguments, "json"));
        const auto csv = figures_of(written(arguments, "csv"));
        for (const char* member : {"derived", "counters"})
            for (const auto& [key, figure] : json[member].items()) {
                const auto line = csv.at(std::string(member) + "." + key);
                const Json& value = figure["value"];
                const std::string text = value.is_null()     ? ""
                                         : value.is_string() ? value.get<std::string>()
                                                             : value.dump();
                figures.equal(line.at(0), text, [&, k = key] { return arguments + ": " + k; });
                figures.equal(line.at(1), figure["unit"]);
            }
        figures.equal(csv.at("problem.input").at(0), json["problem"]["input"]);
        const std::string markdown = written(arguments, "markdown");
        std::map<std::string, int> found;
        std::istringstream marked(markdown);
        for (std::string line; std::getline(marked, line);) ++found[words_of(line)];
        std::istringstream text(written(arguments, "table"));
        // A note is one line of Markdown, and some of text.
        for (std::string line; std::getline(text, line);)
            lines.holds(found[words_of(line)] != 0 || markdown.find(line) != std::string::npos,
                        [&] { return line; });
    }
}

TEST_CASE("a format that there is not") {
    Compared messages("messages");
    for (const std::string command :
         {"run --random 1,16,16", "gemm --random 4,4,4", "linear --random 1,16,8"}) {
        const Finished f = run_tessera(command + " --device tiny --format html");
        messages.equal(f.exit_code, 2);
        messages.equal(
            f.err,
            "tessera: command line: --format is html; allowed: table, json, csv, markdown\n");
    }
}
