// SPDX-License-Identifier: MIT
// What a message says is allowed is allowed: each name of each list is tried where it was offered.
#include <algorithm>
#include <fstream>
#include <regex>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/report.h"

using namespace tessera;
using test::Compared;
using test::Finished;
using test::run_tessera;

namespace {

/// The names in "...; allowed: a, b, c": what is more than a word is no name.
std::vector<std::string> names_in(const std::string& message) {
    static const std::regex kName("[A-Za-z0-9+/_.-]+");
    const size_t start = message.rfind("allowed: ");
    std::vector<std::string> names;
    if (start == std::string::npos) return names;
    std::istringstream list(message.substr(start + std::string("allowed: ").size()));
    for (std::string name; std::getline(list >> std::ws, name, ',');) {
        while (!name.empty() && name.back() == '\n') name.pop_back();
        if (std::regex_match(name, kName)) names.push_back(name);
    }
    return names;
}

/// A command line with NAME where the names go.
std::string with(std::string arguments, const std::string& name) {
    return arguments.replace(arguments.find("NAME"), 4, name);
}

}  // namespace

TEST_CASE("every name of a list in a message is taken where it was offered") {
    const std::string run = "run --device tiny --random 1,40,8 --timing-only ";
    const std::string compare = "compare --device tiny --random 1,40,8 --timing-only ";
    const struct {
        std::string arguments;  ///< NAME: what is chosen
        size_t names;           ///< at least so many are offered
    } kLists[] = {
        {run + "--mask NAME", 3},
        {run + "--align NAME", 2},
        {run + "--window 5 --schedule NAME", 5},
        {run + "--schedule auto --minimise NAME", 3},
        {run + "--output-format NAME", 2},
        {run + "--format NAME", 2},
        {run + "--mask causal --oracle NAME", 3},
        {run + "--oracle self --cover NAME", 3},
        {run + "--set device.profile=NAME", 3},
        {run + "--set device.profile=blackbox --sentinel NAME", 4},
        {"run --random 1,40,8 --timing-only --device NAME", 4},
        {run + "--memory NAME", 4},
        {"run --device tiny --random 1,100,8 --tiles 3 --accept-approximation --approximate NAME",
         5},
        {compare + "--masks NAME", 3},
        {compare + "--window 5 --schedules NAME", 5},
        {compare + "--schedules query-resident --covers NAME", 3},
        {compare + "--profiles NAME", 6},
        {compare + "--heads NAME", 2},
        {compare + "--format NAME", 4},
        {"gemm --device tiny --random 8,8,8 --output-format NAME", 2},
        {"gemm --device tiny --random 8,8,8 --format NAME", 2},
        {"linear --device tiny --random 1,8,8 --mask NAME", 2},
        {"linear --device tiny --random 1,8,8 --format NAME", 2},
        {"NAME --help", 9},
    };
    const test::Scratch scratch;
    std::ofstream(scratch / "order") << "0 0 0\n0 1 0\n0 1 1\n0 2 1\n0 2 2\n";
    const auto with_file = [&](const std::string& name) {
        return name == "listed" ? " --order " + scratch / "order" : "";
    };
    Compared lists("lists"), names("names");
    for (const auto& list : kLists) {
        const Finished refused = run_tessera(with(list.arguments, "no-such-name"));
        const std::vector<std::string> offered = names_in(refused.err);
        lists.holds(refused.exit_code == 2 && offered.size() >= list.names,
                    [&] { return list.arguments + ": " + refused.err; });
        for (const std::string& name : offered) {
            const Finished f = run_tessera(with(list.arguments, name) + with_file(name));
            // compare tells in a row what it cannot run
            const bool refused_in_row = test::contains(f.out, " is " + name + "; allowed");
            names.holds(f.exit_code == 0 && f.err.empty() && !refused_in_row,
                        [&] { return with(list.arguments, name) + ": " + f.err; });
        }
    }
}

TEST_CASE("every key of the list for a machine may be set on that machine") {
    Compared keys("keys");
    for (const std::string memory : {"ideal", "ddr4-2400r"}) {
        const std::string run = "run --random 1,8,8 --timing-only --memory " + memory;
        const nlohmann::json config = test::report_of(run)["configuration"]["resolved"];
        const Finished refused = run_tessera(run + " --set no.such=1");
        const std::vector<std::string> offered = names_in(refused.err);
        CHECK(offered.size() > 10);
        for (const std::string& key : offered) {
            std::string pointer = "/" + key;
            std::replace(pointer.begin(), pointer.end(), '.', '/');
            const nlohmann::json value = config.at(nlohmann::json::json_pointer(pointer));
            const std::string text = value.is_string() ? value.get<std::string>() : value.dump();
            const Finished f = run_tessera(run + " --set '" + key + "=" + text + "'");
            keys.holds(f.exit_code == 0 && f.err.empty(), [&] { return key + ": " + f.err; });
        }
    }
}

TEST_CASE("the bounds of a number in a message are the bounds") {
    const struct {
        const char* arguments;  ///< ends with an option
        const char* least;
        const char* most;
        const char* beyond;
    } kBounds[] = {
        {"run --device tiny --random 1,8,8 --window ", "1", "2147483648", "2147483649"},
        {"run --device tiny --random 1,8,8 --num-devices ", "1", "64", "65"},
        {"run --device tiny --random 1,8,8 --seed ", "0", "18446744073709551615",
         "18446744073709551616"},
        {"compare --device tiny --random 1,8,8 --timing-only --jobs ", "1", "18446744073709551615",
         "18446744073709551616"},
    };
    Compared runs("command lines");
    for (const auto& b : kBounds) {
        for (const char* good : {b.least, b.most}) {
            const Finished f = run_tessera(b.arguments + std::string(good));
            runs.equal(f.exit_code, 0, [&] { return b.arguments + f.err; });
        }
        const Finished f = run_tessera(b.arguments + std::string(b.beyond));
        const bool power = std::string(b.most).size() == 20;
        const std::string range = std::string(b.least) + " to " + (power ? "2^64 - 1" : b.most);
        runs.holds(f.exit_code == 2 && test::contains(f.err, range),
                   [&] { return b.arguments + f.err; });
    }
    // What a dimension or a batch may be is told before anything else, and once.
    for (const char* option : {"--kv-heads", "--keys", "--dim-v", "--batch"}) {
        const std::string job = "run --random 1,8,8 " + std::string(option);
        for (const char* bad : {" 0", " 2147483648", " -1", " x"}) {
            const Finished f = run_tessera(job + bad);
            runs.holds(f.exit_code == 2 && test::contains(f.err, "1 to 2147483647"),
                       [&] { return job + bad + ": " + f.err; });
        }
    }
}
