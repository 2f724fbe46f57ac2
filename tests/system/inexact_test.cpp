// SPDX-License-Identifier: MIT
// Results that are known not to be exact are withheld, whatever the command, profile or schedule;
// a check that compares nothing passes nowhere.
#include <cmath>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>

#include "tests/support/run_tessera.h"
#include "tests/support/tensor_file.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::Finished;
using test::run_tessera;
using Json = nlohmann::json;

namespace {

using Element = std::function<float(uint64_t head, uint64_t token, uint64_t column)>;

struct Shape {
    uint64_t heads, tokens, dim;
};

/// q, k and v in F32.
void write_qkv(const std::string& path, Shape q, Shape kv, const Element& of_q, const Element& of_k,
               const Element& of_v) {
    const std::vector<uint64_t> queries = {q.heads, q.tokens, q.dim},
                                keys = {kv.heads, kv.tokens, kv.dim};
    host::SafetensorsWriter writer(
        path, {test::f32("q", queries), test::f32("k", keys), test::f32("v", keys)}, {});
    const auto write = [&](const char* name, Shape shape, const Element& element) {
        std::vector<float> values;
        for (uint64_t h = 0; h < shape.heads; ++h)
            for (uint64_t t = 0; t < shape.tokens; ++t)
                for (uint64_t c = 0; c < shape.dim; ++c) values.push_back(element(h, t, c));
        writer.write(name, 0, values.data(), values.size());
    };
    write("q", q, of_q);
    write("k", kv, of_k);
    write("v", kv, of_v);
    writer.commit();
}

float small(uint64_t h, uint64_t t, uint64_t c) {
    return static_cast<float>((h * 7 + t * 5 + c * 3) % 11) / 8 - 0.5f;
}

/// Key 5 is long, and every seventh query from 3 on: with --scale 1 the scores of these pairs are
/// 1e5 and clamped, all others below 2,000. Queries that do not see key 5 are exact.
void write_clamped(const std::string& path, uint64_t heads, uint64_t tokens) {
    const auto q = [](uint64_t, uint64_t t, uint64_t c) {
        return c == 0 ? (t % 7 == 3 ? 1000.0f : 1.0f) : 0.0f;
    };
    const auto k = [](uint64_t, uint64_t t, uint64_t c) {
        return c == 0 ? (t == 5 ? 100.0f : 1.0f) : 0.0f;
    };
    write_qkv(path, {heads, tokens, 8}, {heads, tokens, 8}, q, k, small);
}

/// Queries of a head with such a score.
uint64_t clamped_queries(uint64_t tokens, bool causal) {
    uint64_t count = 0;
    for (uint64_t t = causal ? 5 : 0; t < tokens; ++t) count += t % 7 == 3 ? 1 : 0;
    return count;
}

bool is_file(const std::string& path) { return std::ifstream(path).good(); }

/// A matrix of one number.
void write_constant(const std::string& path, uint32_t rows, uint32_t columns, float value) {
    test::write_matrix(path, rows, columns, std::vector<float>(size_t{rows} * columns, value));
}

/// One query; the second key outweighs the first, whose weight the device flushes to zero, and
/// whose value is Inf: the exact result is Inf, the device's NaN. There is nothing to compare.
void write_incomparable(const std::string& path) {
    const auto q = [](uint64_t, uint64_t, uint64_t c) { return c == 0 ? 1.0f : 0.0f; };
    const auto k = [](uint64_t, uint64_t t, uint64_t c) {
        return c == 0 && t == 1 ? 1000.0f : 0.0f;
    };
    const auto v = [](uint64_t, uint64_t t, uint64_t) { return t == 0 ? HUGE_VALF : 1.0f; };
    write_qkv(path, {1, 1, 8}, {1, 2, 8}, q, k, v);
}

}  // namespace

TEST_CASE("clamped scores withhold the result: count, first row, exit code 3") {
    Compared facts("facts of runs");
    const test::Scratch files;
    const uint64_t tokens = 100;
    write_clamped(files / "one.safetensors", 1, tokens);
    write_clamped(files / "two.safetensors", 2, tokens);
    const struct {
        const char* options;
        uint64_t heads;
        bool causal;
    } runs[] = {{"", 2, false},
                {"--mask causal", 2, true},
                {"--mask causal --schedule kv-resident --lse", 2, true},
                {"--mask causal --set device.profile=stats", 2, true},
                {"--set device.profile=stats --no-check", 1, false},
                {"--mask causal --num-devices 2 --output-format bf16 --no-check", 2, true},
                {"--mask causal --oracle self", 2, true},
                {"--oracle self --set device.profile=stats", 1, false}};
    for (const auto& run : runs) {
        const std::string out = files / "out";
        std::filesystem::create_directory(out);
        std::ofstream(out + "/out.safetensors") << "of an earlier run";
        const std::string arguments = "run --device tiny --scale 1 --format json --input " +
                                      (files / (run.heads == 1 ? "one" : "two")) +
                                      ".safetensors --out " + out + " " + run.options;
        const auto where = [&] { return arguments; };
        const Finished f = run_tessera(arguments);
        facts.equal(f.exit_code, 3, [&] { return arguments + f.err; });
        facts.holds(contains(f.err, "not exact") && contains(f.err, "clamped") &&
                        contains(f.err, "o is withheld") && contains(f.err, "--accept-inexact"),
                    [&] { return f.err; });
        facts.holds(contains(f.err, run.causal ? "head 0, token 10" : "head 0, token 3"),
                    [&] { return f.err; });
        facts.equal(is_file(out + "/out.safetensors"), false, where);
        const Json json = Json::parse(f.out);
        const Json& e = json["exactness"];
        facts.equal(e["withheld"], true, where);
        facts.equal(e["inexact_rows"].size(), size_t{1}, where);
        facts.equal(e["inexact_rows"][0]["kind"], "saturated", where);
        facts.equal(e["inexact_rows"][0]["rows"]["value"].get<uint64_t>(),
                    run.heads * clamped_queries(tokens, run.causal), where);
        facts.equal(e["inexact_rows"][0]["first"]["token"], run.causal ? 10 : 3, where);
        facts.equal(json["files"].size(), size_t{3}, where);
        if (contains(run.options, "--no-check")) {
            const Finished again = run_tessera(arguments + " --accept-inexact");
            facts.equal(again.exit_code, 0, where);
            facts.holds(contains(again.err, "not exact"), [&] { return again.err; });
            facts.equal(is_file(out + "/out.safetensors"), true, where);
            facts.equal(Json::parse(again.out)["exactness"]["withheld"], false, where);
        }
    }
}

TEST_CASE("4,200 tokens, more than are checked: clamped scores are loud") {
    Compared facts("facts of a run");
    const test::Scratch files;
    write_clamped(files / "x.safetensors", 1, 4200);
    const Finished f =
        run_tessera("run --scale 1 --mask causal --input " + (files / "x.safetensors"));
    facts.equal(f.exit_code, 3);
    const std::string count = std::to_string(clamped_queries(4200, true));
    facts.holds(contains(f.err, count + " rows have scores that were clamped"),
                [&] { return f.err; });
    facts.holds(contains(f.out, "NOT EXACT"), [&] { return f.out; });
}

TEST_CASE("a black box and an approximation withhold clamped scores too") {
    Compared facts("facts of runs");
    const test::Scratch files;
    write_clamped(files / "x.safetensors", 1, 16);
    write_clamped(files / "y.safetensors", 1, 100);
    const std::string machine = "run --device tiny --scale 1 --input ";
    for (const std::string& arguments :
         {machine + (files / "x.safetensors") + " --set device.profile=blackbox",
          machine + (files / "y.safetensors") + " --approximate hybrid --tiles 3 --mask causal"}) {
        const Finished f = run_tessera(arguments);
        facts.equal(f.exit_code, 3, [&] { return arguments + f.err; });
        facts.holds(contains(f.err, "the result is not exact: "), [&] { return f.err; });
        facts.equal(contains(f.err, "audited rows have"), contains(arguments, "approximate"),
                    [&] { return f.err; });
    }
    // Scores in range: a clamped sentinel is none of them.
    const Finished good = run_tessera(
        "run --device tiny --random 1,40,8 --set device.profile=blackbox --format json");
    facts.equal(good.exit_code, 0, [&] { return good.err; });
    facts.equal(Json::parse(good.out)["exactness"]["inexact_rows"].size(), size_t{0});
}

TEST_CASE("sums beyond fp32 withhold the result, NaN and Inf of the input do not") {
    Compared facts("facts of runs");
    const test::Scratch files;
    const auto zero = [](uint64_t, uint64_t, uint64_t) { return 0.0f; };
    const auto large = [](uint64_t, uint64_t, uint64_t c) { return c == 0 ? 3e38f : 1.0f; };
    const auto inf = [](uint64_t, uint64_t t, uint64_t c) {
        return c == 0 && t == 2 ? HUGE_VALF : small(0, t, c);
    };
    write_qkv(files / "large.safetensors", {1, 9, 8}, {1, 9, 8}, zero, zero, large);
    write_qkv(files / "inf.safetensors", {1, 9, 8}, {1, 9, 8}, zero, zero, inf);
    const Finished f =
        run_tessera("run --device tiny --format json --input " + (files / "large.safetensors"));
    facts.equal(f.exit_code, 3);
    facts.holds(contains(f.err, "9 rows have NaN or Inf that the input does not explain"),
                [&] { return f.err; });
    facts.equal(Json::parse(f.out)["exactness"]["inexact_rows"][0]["kind"], "nonfinite");
    // One Inf in v leaves the other columns of its rows to be compared.
    const Finished allowed = run_tessera(
        "run --device tiny --allow-nonfinite --format json --input " + (files / "inf.safetensors"));
    facts.equal(allowed.exit_code, 0, [&] { return allowed.err; });
    const Json error = Json::parse(allowed.out)["error"];
    facts.equal(error["elements"]["value"], 72);
    facts.equal(error["within_bound"], true);
    facts.equal(error["rows_nonfinite"]["value"], 9);
}

TEST_CASE("compare marks rows that are not exact") {
    Compared facts("facts of comparisons");
    const test::Scratch files;
    write_clamped(files / "x.safetensors", 1, 40);
    const std::string arguments =
        "compare --device tiny --scale 1 --schedules query-resident "
        "--masks window=8 dense --input " +
        (files / "x.safetensors");
    const Finished json = run_tessera(arguments + " --format json");
    facts.equal(json.exit_code, 3, [&] { return json.err; });
    const Json rows = Json::parse(json.out)["rows"];
    for (const Json& row : rows) {
        facts.equal(row["status"], "inexact");
        facts.equal(row["exactness"]["withheld"], true);
    }
    const Finished table = run_tessera(arguments);
    facts.holds(contains(table.out, "(!)"), [&] { return table.out; });
    facts.holds(contains(table.err, "not exact"), [&] { return table.err; });
    facts.equal(run_tessera(arguments + " --no-check").exit_code, 3);
    facts.equal(run_tessera(arguments + " --no-check --accept-inexact").exit_code, 0);
    // Clamped, they outweigh the other keys all the same.
    facts.equal(run_tessera(arguments + " --accept-inexact --check").exit_code, 0);
}

TEST_CASE("linear attention of features that are lost all the same is withheld") {
    Compared facts("facts of runs");
    const test::Scratch files;
    const auto lost = [](uint64_t, uint64_t t, uint64_t) { return t == 3 ? -1e4f : 1.0f; };
    write_qkv(files / "x.safetensors", {1, 9, 8}, {1, 9, 8}, lost, small, small);
    const std::string arguments =
        "linear --device tiny --input " + (files / "x.safetensors") + " --out " + (files / "out");
    const Finished f = run_tessera(arguments);
    facts.equal(f.exit_code, 3);
    facts.holds(contains(f.err,
                         "1 row has a denominator that may be lost below 2^-126, the first "
                         "is head 0, token 3"),
                [&] { return f.err; });
    facts.equal(is_file(files / "out/out.safetensors"), false);
    facts.holds(contains(f.out, "compared 64 of 72 elements, 8 not comparable because"),
                [&] { return f.out; });
    const Finished accepted = run_tessera(arguments + " --accept-inexact");
    facts.equal(accepted.exit_code, 0);
    facts.equal(is_file(files / "out/out.safetensors"), true);
}

TEST_CASE("no command prints a pass for a check of nothing") {
    Compared facts("facts of commands");
    const test::Scratch files;
    write_incomparable(files / "inf.safetensors");
    write_constant(files / "a.npy", 3, 2, 3e38f);
    write_constant(files / "b.npy", 2, 4, 3e38f);
    write_constant(files / "edge.npy", 3, 1, 1.9e38f);
    write_constant(files / "one.npy", 1, 4, 1);
    const auto lost = [](uint64_t, uint64_t, uint64_t) { return -1e4f; };
    write_qkv(files / "lost.safetensors", {1, 9, 8}, {1, 9, 8}, lost, lost, small);
    const std::string inf =
        "--device tiny --allow-nonfinite --input " + (files / "inf.safetensors");
    const std::string overflow =
        "gemm --device tiny --a " + (files / "a.npy") + " --b " + (files / "b.npy");
    const std::string edge =
        "gemm --device tiny --a " + (files / "edge.npy") + " --b " + (files / "one.npy");
    const std::string linear = "linear --device tiny --input " + (files / "lost.safetensors");
    const struct {
        std::string arguments;
        int by_default, with_check;  ///< exit codes
    } commands[] = {{"run " + inf, 0, 1},
                    {"run --set device.profile=stats --lse " + inf, 0, 1},
                    {"compare --schedules query-resident " + inf, 0, 1},
                    {edge, 0, 1},
                    {overflow, 3, 3},
                    {overflow + " --accept-inexact", 0, 1},
                    {linear, 3, 3},
                    {linear + " --mask dense", 3, 3},
                    {linear + " --accept-inexact", 0, 1}};
    for (const auto& command : commands) {
        const auto where = [&] { return command.arguments; };
        const bool compare = command.arguments.rfind("compare", 0) == 0;
        const Finished table = run_tessera(command.arguments);
        facts.equal(table.exit_code, command.by_default, [&] { return table.err; });
        facts.holds(!contains(table.out, "within") && !contains(table.out, "0.000e+00") &&
                        !contains(table.out, "0.00e+00"),
                    [&] { return table.out; });
        facts.holds(contains(table.out, compare ? "n/a (!)" : "compared 0 of"),
                    [&] { return table.out; });
        const Finished checked = run_tessera(command.arguments + " --check --format json");
        facts.equal(checked.exit_code, command.with_check, [&] { return checked.err; });
        facts.holds(!checked.err.empty(), where);
        const Json json = Json::parse(checked.out);
        const Json error = compare ? json["rows"][0]["error"] : json["error"];
        facts.equal(error["within_bound"].is_null(), true, where);
        facts.equal(error["elements"]["value"], 0, where);
        facts.equal(error["max_abs"]["value"].is_null(), true, where);
        facts.holds(error["not_compared"]["value"] > 0 && !error["not_compared"]["reasons"].empty(),
                    where);
    }
}

TEST_CASE("option --accept-inexact where there is no result") {
    Compared messages("messages");
    for (const char* command : {"run --random 1,8,8", "gemm --random 8,8,8",
                                "compare --random 1,8,8", "linear --random 1,8,8"})
        test::expect_refusal(messages, std::string(command) + " --timing-only --accept-inexact",
                             "--accept-inexact is not possible");
    test::expect_refusal(messages, "verify --device tiny --count 1 --accept-inexact",
                         "--accept-inexact");
}
