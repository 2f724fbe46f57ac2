// SPDX-License-Identifier: MIT
// Ragged batches on the command line: messages, files with anything in the padding, comparisons.
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "host/io/safetensors.h"
#include "tests/support/compared.h"
#include "tests/support/run_tessera.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;
using test::contains;
using test::Finished;
using test::run_tessera;
using test::Scratch;

namespace {

constexpr uint64_t kBatch = 2, kHeads = 2, kQueries = 1300, kKeys = 300, kDim = 8;

/// q, k, v of a batch; NaN, Inf and numbers too large from token `queries` or `keys` of each
/// sequence on.
void write_batch(const std::string& path, const std::vector<uint64_t>& queries,
                 const std::vector<uint64_t>& keys) {
    const std::vector<uint64_t> q = {kBatch, kHeads, kQueries, kDim};
    const std::vector<uint64_t> kv = {kBatch, kHeads, kKeys, kDim};
    SafetensorsWriter writer(
        path, {{"q", Dtype::kF32, q}, {"k", Dtype::kF32, kv}, {"v", Dtype::kF32, kv}}, {});
    constexpr float kBad[] = {std::numeric_limits<float>::quiet_NaN(),
                              std::numeric_limits<float>::infinity(), 3.4e38f};
    auto random = test::test_random();
    const auto write = [&](const char* name, uint64_t tokens, const std::vector<uint64_t>& real) {
        std::vector<float> values(kBatch * kHeads * tokens * kDim);
        for (size_t i = 0; i < values.size(); ++i) {
            const size_t row = i / kDim;
            const bool padding = row % tokens >= real[row / tokens / kHeads];
            values[i] = padding ? kBad[i % 3] : std::normal_distribution<float>()(random);
        }
        writer.write(name, 0, values.data(), values.size());
    };
    write("q", kQueries, queries);
    write("k", kKeys, keys);
    write("v", kKeys, keys);
    writer.commit();
}

}  // namespace

TEST_CASE("bad lengths: exit code 2, one message that says what is allowed") {
    const Scratch files;
    const std::string input = files / "x.safetensors";
    write_batch(input, {kQueries, kQueries}, {kKeys, kKeys});
    const std::string random = "run --random 2,8,8 ", file = "run --input " + input + " ";
    const struct {
        std::string arguments;
        std::vector<std::string> words;
    } kCases[] = {
        {random + "--key-lengths 1,x", {"--key-lengths", "1,x", "whole numbers with commas"}},
        {random + "--key-lengths 1,,2", {"--key-lengths", "1,,2", "whole numbers with commas"}},
        {random + "--key-lengths 1,-2", {"--key-lengths", "whole numbers with commas"}},
        {random + "--key-lengths ''", {"--key-lengths", "empty"}},
        {random + "--key-lengths 4,0", {"--key-lengths", "0 at place 2", "1 to 4", "keys"}},
        {random + "--keys 5 --key-lengths 6", {"--key-lengths", "6 at place 1", "1 to 5"}},
        {random + "--query-lengths 8,9", {"--query-lengths", "9 at place 2", "1 to 8", "queries"}},
        {random + "--query-lengths 8,7 --key-lengths 1,2,3", {"--query-lengths", "a list of 2"}},
        {random + "--batch 2 --key-lengths 1,2,3", {"--key-lengths", "a list of 3", "2, one for"}},
        {random + "--batch 0", {"--batch", "0", "1 to"}},
        {random + "--batch 2000000000", {"heads of the batch"}},
        {random + "--key-lengths 8,8 --segments 0,4", {"--key-lengths", "--segments"}},
        {file + "--key-lengths 5", {"--key-lengths", "a list of 1", "2, one for each sequence"}},
        {file + "--key-lengths 5,301", {"--key-lengths", "301 at place 2", "1 to 300"}},
        {file + "--batch 2", {"--batch", "--random"}},
        {random + "--slots 3", {"--slots", "3", "HEADSxLAYERS"}},
        {random + "--slots 3x0", {"--slots", "3x0", "1 to 65536"}},
        {random + "--slots 3x4x", {"--slots", "3x4x", "HEADSxLAYERS"}},
    };
    Compared cases("command lines");
    for (const auto& c : kCases) {
        const Finished f = run_tessera(c.arguments);
        bool good = f.exit_code == 2 && f.out.empty() && f.err.find('\n') == f.err.size() - 1;
        for (const std::string& word : c.words) good = good && contains(f.err, word);
        cases.holds(good, [&] { return c.arguments + " -> " + f.err; });
    }
}

TEST_CASE("files with anything in the padding: the result is finite there, and zeros") {
    const Scratch folder;
    const std::string input = folder / "x.safetensors";
    const std::vector<uint64_t> queries = {1290, 10}, keys = {300, 17};
    write_batch(input, queries, keys);
    const std::string lengths = " --query-lengths 1290,10 --key-lengths 300,17 ";
    Compared elements("elements of o and lse");
    for (const std::string more :
         {"", "--mask causal --align start --num-devices 2", "--no-check"}) {
        const Finished f = run_tessera("run --device small --lse --input " + input + lengths +
                                       more + " --out " + (folder / "out"));
        INFO(f.err << f.out);
        REQUIRE(f.exit_code == 0);
        CHECK(contains(f.out, "batch of 2 sequences, 10 to 1,290 queries each, 17 to 300 keys"));
        const SafetensorsFile out(folder / "out/out.safetensors");
        const TensorView &o = out.tensor("o"), &lse = out.tensor("lse");
        REQUIRE(o.elements == kBatch * kHeads * kQueries * kDim);
        std::vector<float> values(o.elements), sums(lse.elements);
        o.to_float(0, values.size(), values.data());
        lse.to_float(0, sums.size(), sums.data());
        const auto padding = [&](size_t row) {
            return row % kQueries >= queries[row / kQueries / kHeads];
        };
        for (size_t i = 0; i < values.size(); ++i)
            elements.holds(padding(i / kDim) ? values[i] == 0 : std::isfinite(values[i]),
                           [&] { return std::to_string(i) + ": " + std::to_string(values[i]); });
        for (size_t i = 0; i < sums.size(); ++i) elements.equal(std::isinf(sums[i]), padding(i));
        const auto trace = test::read_text(folder / "out/trace.json");
        CHECK(contains(trace, "ATTEND head 3 tiles 0 x 0"));
    }
    const Finished whole = run_tessera("run --device small --input " + input);
    CHECK(whole.exit_code == 2);
    CHECK(contains(whole.err, "token 1290"));
    const Finished longer = run_tessera("run --device small --input " + input +
                                        " --query-lengths 1290,10 --key-lengths 300,18");
    CHECK(longer.exit_code == 2);
    CHECK(contains(longer.err, "tensor k holds"));
    CHECK(contains(longer.err, "batch 1, head 0, token 17, dim 0"));
}

TEST_CASE("compare lists batches, each row as run has it") {
    Compared rows("rows");
    const std::string job = "--device tiny --random 4,1,16 --kv-heads 2 --key-lengths 90,5,33";
    const Finished f = run_tessera(
        "compare --heads separate,stacked --profiles stateful,stats "
        "--schedules query-resident,kv-resident,auto --format json " +
        job);
    REQUIRE(f.exit_code == 0);
    const auto json = nlohmann::json::parse(f.out);
    for (const auto& row : json["rows"]) {
        const std::string arguments = job + " --schedule " + row["schedule"].get<std::string>() +
                                      " --set device.profile=" + row["profile"].get<std::string>() +
                                      (row["heads"] == "stacked" ? " --stack-heads" : "");
        const Finished one = run_tessera("run --format json " + arguments);
        REQUIRE(one.exit_code == 0);
        const auto report = nlohmann::json::parse(one.out);
        rows.holds(row["derived"] == report["derived"] && row["error"] == report["error"] &&
                       row["problem"]["key_lengths"] == nlohmann::json({90, 5, 33}),
                   [&] { return arguments; });
    }
    rows.equal(json["rows"].size(), 12u);
    const Finished table = run_tessera("compare " + job);
    rows.holds(contains(table.out, "1 queries, 90 keys at most, a batch of 3 lengths"),
               [&] { return table.out; });
}
