// SPDX-License-Identifier: MIT
// `tessera serve` as a user meets it: its report against a count of its own, traces, mistakes.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/support/compared.h"
#include "tests/support/random_decoder.h"
#include "tests/support/run_tessera.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;
using test::run_tessera;
using Json = nlohmann::json;

namespace {

/// A folder with a small model, and a command on it.
class Service {
  public:
    explicit Service(std::mt19937_64& random) {
        test::RandomDecoder({}, random).write(folder_.path());
    }
    std::string command(const std::string& options) const {
        return "serve --device tiny --memory ideal --model " + folder_.path() + " " + options;
    }
    Json report(const std::string& options) const {
        const test::Finished f = run_tessera(command(options + " --format json"));
        INFO(f.err);
        REQUIRE(f.exit_code == 0);
        return Json::parse(f.out);
    }
    std::string trace(const std::string& lines) const {
        std::ofstream(folder_ / "trace.csv") << lines;
        return folder_ / "trace.csv";
    }

  private:
    test::Scratch folder_;
};

/// The smallest value that at least `share` of them do not exceed.
double rank(std::vector<double> values, double share) {
    std::sort(values.begin(), values.end());
    for (size_t i = 0; i < values.size(); ++i)
        if (double(i + 1) >= share * double(values.size())) return values[i];
    return 0;
}

}  // namespace

TEST_CASE("figures of a service follow from its requests, with data and without") {
    auto random = test::test_random();
    Compared figures("figures");
    const Service service(random);
    const std::string options =
        "--requests 25 --rate 3000 --prompt-tokens 2,40 --new-tokens 1,9 --seed 4 --texts 5 "
        "--chunk 20 --page 8 --ignore-end --policy mixed,prefill-first,decode-first";
    const Json report = service.report(options);
    const Json timing = service.report(options + " --timing-only");
    for (const char* policy : {"mixed", "prefill-first", "decode-first"}) {
        std::vector<double> first, each;
        double tokens = 0, end = 0;
        for (const Json& one : report.at("requests")) {
            if (one.at("policy") != policy) continue;
            const auto cycle = [&](const char* key) { return one.at(key).get<double>(); };
            first.push_back((cycle("first_token") - cycle("arrival")) / 1e9);
            if (cycle("new_tokens") > 1)
                each.push_back((cycle("end") - cycle("first_token")) / 1e9 /
                               (cycle("new_tokens") - 1));
            tokens += cycle("new_tokens");
            end = std::max(end, cycle("end"));
        }
        figures.equal(first.size(), size_t{25});
        const Json& row = report.at("policies").at(policy);
        const auto near = [&](const Json& value, double exact) {
            figures.holds(std::abs(value.get<double>() - exact) <= 1e-12 + 1e-9 * exact,
                          [&] { return value.dump() + " " + std::to_string(exact); });
        };
        near(row.at("throughput"), tokens / (end / 1e9));
        near(row.at("first_token").at("p50"), rank(first, 0.5));
        near(row.at("first_token").at("p99"), rank(first, 0.99));
        near(row.at("each_token").at("p90"), rank(each, 0.9));
        figures.holds(row.at("cache_most").get<double>() <= 1, [&] { return row.dump(); });
        figures.equal(timing.at("policies").at(policy).at("time"), row.at("time"));
    }
    const Json single = service.report("--requests 3 --new-tokens 1,1 --prompt-tokens 2,9");
    figures.equal(single.at("policies").at("mixed").at("each_token").at("p50"), Json(nullptr));
    figures.equal(report.at("exactness").at("exact"), Json(true));
    figures.equal(timing.at("exactness").at("known"), Json(false));
}

TEST_CASE("requests of a trace come when it says, and are as long") {
    auto random = test::test_random();
    Compared requests("requests");
    const Service service(random);
    const std::string trace =
        service.trace("arrival_s,prompt_tokens,new_tokens\n0,5,2\n1e-5,17,1\r\n0.25,3,4\n0.25,1,1");
    const Json report = service.report("--timing-only --trace " + trace);
    const uint64_t arrivals[] = {0, 10000, 250000000, 250000000};
    const uint64_t prompts[] = {5, 17, 3, 1}, tokens[] = {2, 1, 4, 1};
    REQUIRE(report.at("requests").size() == 4);
    for (size_t i = 0; i < 4; ++i) {
        const Json& one = report.at("requests").at(i);
        requests.equal(one.at("arrival").get<uint64_t>(), arrivals[i]);
        requests.equal(one.at("prompt_tokens").get<uint64_t>(), prompts[i]);
        requests.equal(one.at("new_tokens").get<uint64_t>(), tokens[i]);
        requests.holds(one.at("admitted").get<uint64_t>() >= arrivals[i],
                       [&] { return one.dump(); });
    }
}

TEST_CASE("mistakes of a service are named with file, key, value and what is allowed") {
    auto random = test::test_random();
    Compared messages("messages");
    const Service service(random);
    const auto expect = [&](const std::string& options, const std::string& part) {
        test::expect_refusal(messages, service.command(options), part);
    };
    const auto expect_trace = [&](const std::string& lines, const std::string& part) {
        expect("--trace " + service.trace(lines), part);
    };
    const std::string head = "arrival_s,prompt_tokens,new_tokens\n";
    expect_trace("arrival,prompt\n1,2,3\n", "first line is arrival,prompt; allowed: arrival_s");
    expect_trace(head, "requests is none");
    expect_trace(head + "x,1,1\n", "trace.csv:2: arrival_s is x; allowed: a number");
    expect_trace(head + "1,1,1\n0.5,1,1\n", "trace.csv:3: arrival_s is 0.5; allowed: a number, 1");
    expect_trace(head + "nan,1,1\n", "arrival_s is nan");
    expect_trace(head + "1,0,1\n", "prompt_tokens is 0; allowed: a whole number, 1 to");
    expect_trace(head + "1,1,-3\n", "new_tokens is -3");
    expect_trace(head + "1,1\n", "trace.csv:2: line is of 2 cells; allowed: arrival_s");
    expect_trace(head + "1,1,1,\n", "line is of 4 cells");
    expect_trace(head + "+1,1,1\n", "arrival_s is +1");
    expect_trace(head + "0x1,1,1\n", "arrival_s is 0x1");
    expect_trace(head + "\n1,1,1\n", "line is of 1 cells");
    expect_trace(head + "0,16777216,1\n0,16777216,1\n", "positions is 16,777,216 needed");
    expect_trace(head + "1,90,8\n", "positions is 97 needed; allowed: 96");
    expect("--requests 3 --trace x", "excludes");
    expect("--rate 0", "--rate is 0; allowed: 0.001 or more");
    expect("--rate 1e-12 --requests 3", "--rate is 1e-12; allowed: 3e-05 or more");
    expect("--prompt-tokens 4294967295", "positions is 4,294,967,");
    expect("--policy mixed,decode-first,mixed", "allowed: each policy once");
    test::Scratch out;
    expect("--requests 2 --format x --out " + out / "new", "--format is x");
    messages.equal(out.entries(), size_t{0});
    const std::string blackbox =
        "--set device.profile=blackbox --prompt-tokens 17 --requests 1 --new-tokens 1";
    expect(
        blackbox,
        "tessera: layer layers.0.self_attn.q_proj: 32 inputs on a device whose profile adds up no "
        "calls; allowed: 16, or profile stateful");
    test::DecoderDims narrow;  // its products are single calls
    narrow.heads = 2;
    narrow.hidden = 16;
    const test::Scratch folder;
    test::RandomDecoder(narrow, random).write(folder.path());
    test::expect_refusal(
        messages, "serve --device tiny --memory ideal --model " + folder.path() + " " + blackbox,
        "17 keys on a device of profile blackbox; allowed: M = 16");
    expect("--prompt-tokens 9,3", "--prompt-tokens is 9,3; allowed: LEAST,MOST");
    expect("--policy fast", "--policy is fast; allowed: prefill-first, decode-first, mixed");
    expect("--prompt-tokens 30 --new-tokens 3 --page 8 --pages 3",
           "--pages is 3; allowed: at least 4, which the longest request needs");
}
