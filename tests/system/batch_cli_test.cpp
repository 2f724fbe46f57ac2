// SPDX-License-Identifier: MIT
// Ragged batches on the command line: messages, files with anything in the padding, comparisons.
#include <cmath>
#include <filesystem>
#include <fstream>
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
    const std::string empty = files / "empty.txt", words = files / "words.txt";
    std::ofstream(empty) << "";
    std::ofstream(words) << "0 8k";
    const std::string random = "run --random 2,8,8 ", file = "run --input " + input + " ";
    const struct {
        std::string arguments;
        std::vector<std::string> words;
    } kCases[] = {
        {random + "--key-lengths 1,x", {"--key-lengths", "1,x", "whole numbers with commas"}},
        {random + "--key-lengths 1,,2", {"--key-lengths", "1,,2", "whole numbers with commas"}},
        {random + "--key-lengths 1,-2", {"--key-lengths", "whole numbers with commas"}},
        {random + "--key-lengths ''", {"--key-lengths", "an empty list is not allowed"}},
        {random + "--key-lengths @", {"--key-lengths", "@ needs a file name after it"}},
        {random + "--key-lengths 0,0", {"--key-lengths", "no sequence with both"}},
        {random + "--query-lengths 4,0 --key-lengths 0,4",
         {"--query-lengths and --key-lengths leave no sequence with"}},
        {random + "--keys 4 --key-lengths 4,5",
         {"--key-lengths", "5 at place 2", "0 to 4", "keys"}},
        {random + "--keys 5 --key-lengths 6", {"--key-lengths", "6 at place 1", "0 to 5"}},
        {random + "--query-lengths 8,9", {"--query-lengths", "9 at place 2", "0 to 8", "queries"}},
        {random + "--query-lengths 8,7 --key-lengths 1,2,3", {"--query-lengths", "a list of 2"}},
        {random + "--batch 2 --key-lengths 1,2,3", {"--key-lengths", "a list of 3", "2, one for"}},
        {random + "--batch 0", {"--batch", "0", "1 to"}},
        {random + "--batch 2000000000", {"heads of the batch"}},
        {random + "--key-lengths 8,8 --documents 0,4", {"--key-lengths", "--documents"}},
        {random + "--padding left", {"--padding needs --key-lengths or --query-lengths"}},
        {random + "--key-lengths 8,8 --padding top", {"--padding", "top", "right, left"}},
        {random + "--cu-seqlens-k 0,8", {"--cu-seqlens-k needs --cu-seqlens-q"}},
        {random + "--cu-seqlens-q 0,8 --key-lengths 8", {"--cu-seqlens-q", "--key-lengths"}},
        {random + "--cu-seqlens-q 0,8 --padding left", {"--padding needs"}},
        {random + "--cu-seqlens-q 0,x", {"--cu-seqlens-q", "0,x", "whole numbers with commas"}},
        {random + "--cu-seqlens-q 0,9", {"--cu-seqlens-q", "9 at place 2", "at most 8, the"}},
        {random + "--cu-seqlens-q 2,8", {"--cu-seqlens-q", "2 at place 1", "allowed: 0"}},
        {random + "--cu-seqlens-q 0,5,4", {"--cu-seqlens-q", "4 at place 3", "5 or more"}},
        {random + "--cu-seqlens-q 8", {"--cu-seqlens-q", "a list of 1", "at least two numbers"}},
        {random + "--cu-seqlens-q 0,0,0", {"--cu-seqlens-q", "no sequence with both"}},
        {random + "--cu-seqlens-q 0,8 --cu-seqlens-k 0,3,8", {"--cu-seqlens-k", "a list of 3"}},
        {random + "--keys 4 --cu-seqlens-q 0,8", {"--cu-seqlens-q", "8 at place 2", "4, the"}},
        {random + "--cu-seqlens-q 0,8 --documents 0,4",
         {"--cu-seqlens-q", "--documents", "both cut the tokens into sequences"}},
        {random + "--cu-seqlens-q 0,8 --oracle self", {"--oracle", "--cu-seqlens-q"}},
        {random + "--cu-seqlens-q 0,8 --approximate hybrid --tiles 1",
         {"--approximate", "--cu-seqlens-q"}},
        {random + "--cu-seqlens-q @" + empty,
         {"--cu-seqlens-q", "empty.txt", "at least one number"}},
        {random + "--cu-seqlens-q @" + words, {"--cu-seqlens-q", "8k in ", "words.txt"}},
        {random + "--cu-seqlens-q @missing.txt", {"missing.txt"}},
        {random + "--documents 0,9 --window 2", {"--documents", "9 at place 2", "below 8"}},
        {random + "--keys 9 --documents 0,4 --window 2", {"--documents", "8 queries and 9 keys"}},
        {file + "--key-lengths 5", {"--key-lengths", "a list of 1", "2, one for each sequence"}},
        {file + "--key-lengths 5,301", {"--key-lengths", "301 at place 2", "0 to 300"}},
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

namespace {

/// `o` of `tessera run ARGUMENTS`, which has to succeed.
std::vector<float> output_of(const std::string& arguments, const Scratch& folder) {
    const Finished f = run_tessera("run " + arguments + " --out " + (folder / "out"));
    INFO(arguments << "\n" << f.err);
    REQUIRE(f.exit_code == 0);
    const SafetensorsFile file(folder / "out/out.safetensors");
    const TensorView& o = file.tensor("o");
    std::vector<float> values(o.elements);
    o.to_float(0, values.size(), values.data());
    return values;
}

}  // namespace

TEST_CASE("padding on the left that holds anything: its rows are zeros, the others the same") {
    const Scratch folder;
    const uint64_t heads = 2, tokens = 40, dim = 8, lengths[] = {40, 13};
    const auto write = [&](const std::string& path, bool left) {
        const std::vector<uint64_t> shape = {2, heads, tokens, dim};
        SafetensorsWriter writer(
            path, {{"q", Dtype::kF32, shape}, {"k", Dtype::kF32, shape}, {"v", Dtype::kF32, shape}},
            {});
        auto random = test::test_random();
        for (const char* name : {"q", "k", "v"}) {
            std::vector<float> values(2 * heads * tokens * dim,
                                      std::numeric_limits<float>::quiet_NaN());
            for (uint64_t head = 0; head < 2 * heads; ++head)
                for (uint64_t i = 0; i < lengths[head / heads] * dim; ++i) {
                    const uint64_t first = left ? tokens - lengths[head / heads] : 0;
                    values[(head * tokens + first) * dim + i] =
                        std::normal_distribution<float>()(random);
                }
            writer.write(name, 0, values.data(), values.size());
        }
        writer.commit();
    };
    write(folder / "left.safetensors", true);
    write(folder / "right.safetensors", false);
    Compared elements("elements of o");
    const std::string options =
        " --device tiny --mask causal --query-lengths 40,13 --key-lengths 40,13 --padding ";
    const std::vector<float> left =
        output_of("--input " + (folder / "left.safetensors") + options + "left", folder);
    const std::vector<float> right =
        output_of("--input " + (folder / "right.safetensors") + options + "right", folder);
    for (uint64_t row = 0; row < 2 * heads * tokens; ++row) {
        const uint64_t head = row / tokens, padding = tokens - lengths[head / heads];
        for (uint64_t c = 0; c < dim; ++c) {
            const bool real = row % tokens >= padding;
            elements.equal(left[row * dim + c], real ? right[(row - padding) * dim + c] : 0.0f,
                           [&] { return std::to_string(row); });
        }
    }
}

TEST_CASE("documents with a window, sinks or blocks are packed sequences, from a list or a file") {
    const Scratch folder;
    std::ofstream(folder / "offsets.txt") << "\xef\xbb\xbf"  // a byte order mark
                                             "0, 40\n100 100\t130\n";
    Compared elements("elements of o"), reports("reports");
    for (const std::string mask :
         {"--window 8", "--sinks 3", "--block 16", "--prefix 5", "--prefix 9 --window 4",
          "--mask sparse", "--mask dense --window 5 --sinks 1"}) {
        const std::string job = "--device tiny --random 2,130,16 --check " + mask;
        const std::vector<float> documents = output_of(job + " --documents 0,40,100", folder);
        const std::vector<float> packed =
            output_of(job + " --cu-seqlens-q @" + (folder / "offsets.txt"), folder);
        elements.equal(documents.size(), size_t{2 * 130 * 16});
        for (size_t i = 0; i < documents.size(); ++i) elements.equal(documents[i], packed[i]);
        const Finished f = run_tessera("run --format json " + job + " --documents 0,40,100");
        const auto problem = nlohmann::json::parse(f.out)["problem"];
        reports.holds(problem["query_offsets"] == nlohmann::json({0, 40, 100, 130}) &&
                          problem["batch"] == 3 && problem["padding"].is_null(),
                      [&] { return mask; });
    }
    const Finished f = run_tessera(
        "run --device tiny --random 2,130,16 --window 8 --cu-seqlens-q "
        "0,40,100,130 --out " +
        (folder / "out"));
    reports.equal(f.exit_code, 0);
    reports.holds(contains(f.out, "packed batch of 3 sequences, 30 to 60 queries each, 30 to 60"),
                  [&] { return f.out; });
    const std::string trace = test::read_text(folder / "out/trace.json");
    for (const char* name : {"LOAD_K sequence 2 head 1 tile 0", "STORE_O sequence 0 head 0 tile 1",
                             "ATTEND sequence 1 head 0 tiles 3 x 2"})
        reports.holds(contains(trace, name), [&] { return name; });
    std::filesystem::copy_file(folder / "offsets.txt", folder / "out/report.json",
                               std::filesystem::copy_options::overwrite_existing);
    const Finished own = run_tessera("run --random 2,130,16 --out " + (folder / "out") +
                                     " --cu-seqlens-q @" + (folder / "out/report.json"));
    reports.equal(own.exit_code, 2);
    reports.holds(contains(own.err, "a file that is not an input"), [&] { return own.err; });
}

TEST_CASE("thousands of packed sequences") {
    const Scratch folder;
    constexpr int kSequences = 3000;
    std::ofstream list(folder / "offsets.txt");
    for (int s = 0; s <= kSequences; ++s) list << s / 2 << '\n';  // every other one is empty
    list.close();
    const Finished f = run_tessera(
        "run --device tiny --random 1,1500,8 --format json --check "
        "--cu-seqlens-q @" +
        (folder / "offsets.txt"));
    INFO(f.err);
    REQUIRE(f.exit_code == 0);
    const auto report = nlohmann::json::parse(f.out);
    Compared figures("figures");
    figures.equal(report["derived"]["calls"]["value"].get<int>(), kSequences / 2);
    figures.equal(report["derived"]["pairs_allowed"]["value"].get<int>(), kSequences / 2);
    figures.equal(report["problem"]["batch"].get<int>(), kSequences);
    figures.equal(report["error"]["within_bound"].get<bool>(), true);
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
    const Finished packed = run_tessera(
        "compare --device tiny --random 4,9,16 --cu-seqlens-q 0,2,9 --cu-seqlens-k 0,60,90 --masks "
        "causal window=8");
    rows.equal(packed.exit_code, 0);
    rows.holds(contains(packed.out, "9 queries, 90 keys, a packed batch of 2 sequences"),
               [&] { return packed.out + packed.err; });
}
