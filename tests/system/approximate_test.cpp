// SPDX-License-Identifier: MIT
// --approximate: every rule computes what its selection says, in as many calls as the formulas say,
// and the audit refuses what it has to.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <random>

#include "host/approximation/audit.h"
#include "host/approximation/row_partials.h"
#include "host/io/safetensors.h"
#include "host/operation/approximate.h"
#include "spec/integers.h"
#include "tests/support/compared.h"
#include "tests/support/run_tessera.h"

using namespace tessera;
using test::Compared;
using test::contains;
using test::run_tessera;
using test::Scratch;
using Json = nlohmann::json;

namespace {

constexpr uint32_t kM = 16, kDim = 16;

struct Run {
    host::Rule rule;
    uint32_t heads, kv_heads, tokens, tiles;
    bool causal;
    const char* profile;

    std::string arguments() const {
        return "run --device tiny --random " + std::to_string(heads) + "," +
               std::to_string(tokens) + "," + std::to_string(kDim) + " --kv-heads " +
               std::to_string(kv_heads) + (causal ? " --mask causal" : "") + " --approximate " +
               host::rule_name(rule) + " --tiles " + std::to_string(tiles) +
               " --set device.profile=" + profile + " --format json";
    }
    uint32_t key_tiles() const { return spec::divide_up(tokens, kM); }

    /// Pairs of tiles, counted one query tile after the other.
    uint64_t calls() const {
        uint64_t calls = 0;
        for (uint32_t t = 0; t < key_tiles(); ++t)
            calls += std::min(rule == host::Rule::kSample ? tiles : tiles + 1,
                              causal ? t + 1 : key_tiles());
        return heads * calls;
    }
    uint64_t audit_calls() const {
        const std::vector<uint32_t> rows = host::audit_rows(tokens, kM, 1);
        uint64_t calls = 0;
        for (size_t i = 0; i < rows.size(); ++i)
            if ((i + 1) % kM == 0 || i + 1 == rows.size())
                calls += causal ? rows[i] / kM + 1 : key_tiles();
        return heads * calls;
    }
};

/// Any rule on a job of its own.
Run random_run(std::mt19937_64& random, int n) {
    const auto below = [&](uint32_t limit) { return static_cast<uint32_t>(random() % limit); };
    Run r;
    const auto& rules = host::approximation_rules();
    r.rule = rules[static_cast<size_t>(n) % rules.size()].rule;
    r.kv_heads = 1 + below(2);
    r.heads = r.kv_heads * (1 + below(2));
    r.tokens = 60 + below(300);
    r.tiles = 3 + below(5);
    r.tiles = std::min(r.tiles, r.key_tiles());
    r.causal = below(2) == 1 && r.rule != host::Rule::kSample;
    r.profile = n / 5 % 2 == 0 ? "stateful" : "stats";
    return r;
}

/// The rows that `run` stands for, in double precision, one tile after the other.
std::vector<double> expected_rows(const Run& run) {
    host::Problem p;
    host::RandomShape shape;
    shape.heads = run.heads;
    shape.kv_heads = run.kv_heads;
    shape.tokens = run.tokens;
    shape.dim = kDim;
    const host::Inputs inputs = host::random_inputs(shape, 1, false, p);
    p.mask.causal = run.causal;
    p.scale = host::default_scale(kDim);
    p.approximation = host::Approximation{run.rule, run.tiles, 1, 0.1, false};
    const host::ReferenceProblem reference = host::reference_problem(p, inputs, kM, false);
    host::select_tiles_of(p, inputs, kM);
    std::vector<double> o;
    for (uint32_t head = 0; head < run.heads; ++head) {
        const host::RowSource source(reference, head / p.group(), kM, run.causal,
                                     p.selection->key_list);
        for (uint32_t row = 0; row < run.tokens; ++row) {
            const host::SelectedRow seen =
                host::selected_row(source.row(head, row), *p.selection, head, row / kM);
            o.insert(o.end(), seen.o.begin(), seen.o.end());
        }
    }
    return o;
}

/// Tensor o of the file that a run wrote.
std::vector<float> stored_rows(const std::string& path, size_t elements) {
    const std::string bytes = test::read_text(path);
    std::vector<float> o(elements);
    REQUIRE(bytes.size() > elements * sizeof(float));
    std::memcpy(o.data(), bytes.data() + bytes.size() - elements * sizeof(float),
                elements * sizeof(float));
    return o;
}

/// One head whose values have mean 1. With `needle` key 305 draws every fourth query, all of it.
void write_data(const std::string& path, uint32_t tokens, bool needle) {
    std::mt19937_64 random(7);
    std::normal_distribution<float> normal;
    std::vector<float> data[3];
    for (auto& tensor : data)
        for (uint32_t i = 0; i < tokens * kDim; ++i) tensor.push_back(0.5f * normal(random));
    for (float& x : data[2]) x += 1;
    for (uint32_t c = 0; needle && c < kDim; ++c) {
        data[1][305 * kDim + c] = c == 0 ? 40.0f : 0.0f;
        data[2][305 * kDim + c] = -3;
        for (uint32_t row = 0; row < tokens; row += 4) data[0][row * kDim] = 4;
    }
    std::vector<host::TensorSpec> specs;
    for (const char* name : {"q", "k", "v"})
        specs.push_back({name, host::Dtype::kF32, {tokens, kDim}});
    host::SafetensorsWriter writer(path, specs, {});
    for (size_t i = 0; i < specs.size(); ++i)
        writer.write(specs[i].name, 0, data[i].data(), data[i].size());
    writer.commit();
}

}  // namespace

TEST_CASE("every rule: o of its selection, calls of the formulas, both profiles") {
    auto random = test::test_random();
    Compared elements("elements of o"), figures("calls and other figures of reports");
    for (int n = 0; n < 20; ++n) {
        const Run run = random_run(random, n);
        const auto where = [&] { return run.arguments(); };
        const Scratch files;
        const auto finished =
            run_tessera(run.arguments() + " --accept-approximation --out " + files.path());
        INFO(where() << "\n" << finished.err);
        REQUIRE(finished.exit_code == 0);
        const Json json = Json::parse(finished.out);
        const Json& approximation = json["approximation"];
        const Json& derived = json["derived"];
        const Json& audit = approximation["audit"];
        figures.equal(derived["calls"]["value"], run.calls(), where);
        figures.equal(derived["calls_formula"]["value"], run.calls(), where);
        figures.equal(json["error"]["within_bound"], true, where);
        figures.equal(audit["error"]["within_bound"], true, where);
        figures.equal(audit["calls"]["value"], run.audit_calls(), where);
        figures.equal(audit["calls_formula"]["value"], run.audit_calls(), where);
        figures.equal(approximation["exact"]["calls"]["value"],
                      run.heads * (run.causal ? run.key_tiles() * (run.key_tiles() + 1) / 2
                                              : run.key_tiles() * run.key_tiles()),
                      where);
        figures.equal(json["counters"]["bytes_index"]["value"] != 0,
                      run.rule == host::Rule::kSample, where);
        figures.equal(approximation["selection"]["multiply_adds"]["value"] != 0,
                      host::needs_summaries(run.rule), where);
        const std::vector<double> expected = expected_rows(run);
        const std::vector<float> o = stored_rows(files / "out.safetensors", expected.size());
        for (size_t i = 0; i < o.size(); ++i)  // values are about 1, weights have 8 bits
            elements.holds(std::abs(static_cast<double>(o[i]) - expected[i]) < 0.02, where);
    }
}

TEST_CASE("tiles are chosen by scores with their sign, whatever the scale") {
    Compared chosen("key tiles");
    host::Problem p;
    host::RandomShape shape;
    shape.heads = shape.kv_heads = 1;
    shape.tokens = 8 * kM;
    shape.dim = kDim;
    const host::Inputs inputs = host::random_inputs(shape, test::test_seed(), false, p);
    const host::ReferenceProblem r = host::reference_problem(p, inputs, kM, false);
    const auto mean = [&](const host::ElementReader& rows, uint32_t tile, uint32_t c) {
        double sum = 0, x = 0;
        for (uint32_t i = 0; i < kM; ++i) rows((size_t{tile} * kM + i) * kDim + c, 1, &x), sum += x;
        return sum / kM;
    };
    for (const double scale : {0.25, -0.25}) {
        p.scale = scale;
        p.approximation = host::Approximation{host::Rule::kTopkMean, 1, 1, 0.1, false};
        host::select_tiles_of(p, inputs, kM);
        for (uint32_t q = 0; q < 8; ++q) {
            uint32_t best = q == 0 ? 1 : 0;
            double most = -1e300;
            for (uint32_t k = 0; k < 8; ++k) {
                double score = 0;
                for (uint32_t c = 0; c < kDim; ++c) score += mean(r.q, q, c) * mean(r.k, k, c);
                if (k != q && scale * score > most) most = scale * score, best = k;
            }
            for (uint32_t k = 0; k < 8; ++k)
                chosen.equal(p.selection->exact[p.selection->at(0, q, k)] != 0,
                             k == q || k == best);
        }
    }
}

TEST_CASE("merging a remainder is counted: l and every O of its rows, cycles by their cost") {
    Compared figures("figures of reports");
    const std::string run =
        "run --device tiny --random 2,160,16 --approximate hybrid --tiles 5 --mask causal "
        "--accept-approximation --format json --set firmware.merge_cycles_per_element=2";
    const auto finished = run_tessera(run);
    REQUIRE(finished.exit_code == 0);
    const Json derived = Json::parse(finished.out)["derived"];
    const uint64_t rows = 2 * (160 - 6 * 16);  // the first six query tiles see all there is
    figures.equal(derived["merge_elements"]["value"], rows * 17);
    figures.equal(derived["merge_cycles"]["value"], 2 * rows * 17);
    figures.equal(derived["merge_bytes_read"]["value"], rows * 2 * (8 + 64));
    figures.equal(derived["merge_bytes_written"]["value"], rows * 64);
}

TEST_CASE("the audit lets diffuse data pass and finds a needle: exit code 3 and no result") {
    Compared answers("exit codes, verdicts and files");
    const Scratch files;
    const std::string diffuse = files / "diffuse.safetensors",
                      needle = files / "needle.safetensors";
    write_data(diffuse, 640, false);
    write_data(needle, 640, true);
    const auto check = [&](const std::string& options, const std::string& input, int exit_code,
                           bool valid, bool written) {
        const Scratch out;
        std::ofstream(out / "out.safetensors") << "of an earlier run";
        const std::string run = "run --device tiny --format json --input " + input + " " + options;
        const auto where = [&] { return run; };
        const auto finished = run_tessera(run + " --out " + out.path());
        answers.equal(finished.exit_code, exit_code, [&] { return run + "\n" + finished.err; });
        const Json json = Json::parse(finished.out);
        answers.equal(json["approximation"]["verdict"]["valid"], valid, where);
        answers.equal(json["approximation"]["result_withheld"], !written, where);
        answers.equal(std::ifstream(out / "out.safetensors").good(), written, where);
        answers.equal(std::ifstream(out / "report.json").good(), true, where);
        answers.equal(contains(finished.err, "not valid for this input"), exit_code == 3, where);
    };
    for (const char* rule : {"sample", "sink+window", "hybrid"}) {
        const std::string options = std::string("--tiles 20 --approximate ") + rule;
        check(options, diffuse, 0, true, true);
    }
    check("--tiles 20 --approximate hybrid --mask causal", diffuse, 0, true, true);
    for (const char* rule : {"sample", "sink+window", "topk-mean", "topk-bound", "hybrid"}) {
        const std::string options = std::string("--tiles 6 --approximate ") + rule;
        check(options, needle, 3, false, false);
        check(options + " --accept-approximation", needle, 0, false, true);
    }
    // Too few keys for the tolerance, though no row is off.
    check("--tiles 20 --approximate hybrid --tolerance 0.03", diffuse, 3, false, false);
}

TEST_CASE("the table has verdict, costs and audit, and the same seed gives the same report") {
    Compared answers("reports");
    const std::string run = "run --device tiny --random 1,160,16 --approximate sample --tiles 4";
    const auto first = run_tessera(run), second = run_tessera(run);
    answers.equal(first.exit_code, 3);
    answers.equal(first.out, second.out);
    for (const char* text : {"tiles of --approximate sample", "exact attention", "audit",
                             "effective samples", "largest tile share", "verdict", "NOT VALID"})
        answers.holds(contains(first.out, text), [&] { return text + (" not in\n" + first.out); });
}

TEST_CASE("what an approximation does not go with is the user's mistake, in one message") {
    Compared messages("messages");
    struct Wrong {
        const char* options;
        std::vector<std::string> parts;
    };
    const std::vector<Wrong> wrongs = {
        {"--approximate nearest --tiles 4", {"--approximate", "nearest", "topk-bound"}},
        {"--approximate hybrid", {"--tiles", "missing"}},
        {"--tiles 4", {"--tiles", "--approximate"}},
        {"--approximate hybrid --tiles 2", {"--tiles", "2", "3 to"}},
        {"--approximate sample --tiles 99", {"--tiles", "99", "10"}},
        {"--approximate sample --tiles 3 --mask causal", {"sample", "hybrid"}},
        {"--approximate sample --tiles 3 --tolerance 0", {"--tolerance", "0"}},
        {"--approximate topk-mean --tiles 3 --keys 80", {"topk-mean", "160 and 80"}},
        {"--approximate hybrid --tiles 3 --timing-only", {"--timing-only"}},
        {"--approximate hybrid --tiles 3 --lse", {"--lse"}},
        {"--approximate hybrid --tiles 3 --window 20", {"--window"}},
        {"--approximate hybrid --tiles 4 --mask sparse", {"--mask sparse"}},
        {"--approximate hybrid --tiles 3 --num-devices 2", {"--num-devices"}},
        {"--approximate hybrid --tiles 3 --output-format bf16", {"bf16"}},
        {"--approximate hybrid --tiles 3 --schedule auto", {"--schedule auto"}},
        {"--approximate hybrid --tiles 3 --set device.profile=blackbox", {"stats", "blackbox"}}};
    for (const Wrong& wrong : wrongs) {
        const auto finished =
            run_tessera(std::string("run --device tiny --random 1,160,16 ") + wrong.options);
        messages.equal(finished.exit_code, 2, [&] { return wrong.options + finished.err; });
        for (const std::string& part : wrong.parts)
            messages.holds(contains(finished.err, part),
                           [&] { return part + " not in " + finished.err; });
    }
}
