// SPDX-License-Identifier: MIT
// What heads of `tessera embed` see by rules, with the audit of that, and by the description of a
// model; which files a run leaves.
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <functional>

#include "tests/support/compared.h"
#include "tests/support/small_sentence.h"

using namespace tessera;
using test::Compared;
using test::dumped;
using test::results_of;
using test::run_tessera;
using test::Sentence;

namespace {

constexpr size_t kTile = 16;  ///< tokens, of device tiny
constexpr size_t kHeads = test::kHeads, kWidth = test::kWidth, kColumns = test::kColumns;

std::string rule(const std::string& value) {
    return " --set 'layers.*.approximation.rule=" + value + "' ";
}

/// Queries, keys and values of the one attention, [tokens][kColumns], and what it gives,
/// [kHeads][tokens][kWidth].
struct Operands {
    std::vector<double> q, k, v, o;

    size_t tokens() const { return q.size() / kColumns; }
    size_t tiles() const { return (tokens() + kTile - 1) / kTile; }
    /// Exact attention of a head over the keys that `sees` names.
    std::vector<double> attention(size_t head, const std::function<bool(size_t, size_t)>& sees) {
        std::vector<double> all(tokens() * kWidth);
        for (size_t i = 0; i < tokens(); ++i) {
            double sum = 0;
            std::vector<double> row(kWidth);
            for (size_t j = 0; j < tokens(); ++j) {
                if (!sees(i, j)) continue;
                double score = 0;
                for (size_t c = head * kWidth; c < (head + 1) * kWidth; ++c)
                    score += q[i * kColumns + c] * k[j * kColumns + c];
                const double p = std::exp(score / std::sqrt(double(kWidth)));
                sum += p;
                for (size_t c = 0; c < kWidth; ++c)
                    row[c] += p * v[j * kColumns + head * kWidth + c];
            }
            for (size_t c = 0; c < kWidth; ++c) all[i * kWidth + c] = row[c] / sum;
        }
        return all;
    }
    /// Of a tile and a column: mean, least and largest element.
    std::array<double, 3> column(const std::vector<double>& x, size_t tile, size_t c) const {
        std::array<double, 3> all = {0, 1e300, -1e300};
        const size_t end = std::min(tokens(), (tile + 1) * kTile);
        for (size_t i = tile * kTile; i < end; ++i) {
            const double element = x[i * kColumns + c];
            all[0] += element / double(end - tile * kTile);
            all[1] = std::min(all[1], element);
            all[2] = std::max(all[2], element);
        }
        return all;
    }
};

/// Runs with these options, which are to be good, and reads what it dumped.
Operands operands_of(const Sentence& sentence, const std::string& options,
                     nlohmann::json& results) {
    results = results_of(sentence.embed(
        options + " --accept-approximation --check --dump '*' --out " + sentence / "dumped"));
    const host::SafetensorsFile file(sentence / "dumped/layers.safetensors");
    return {dumped(file, "qkv/q"), dumped(file, "qkv/k"), dumped(file, "qkv/v"),
            dumped(file, "first.attn/o")};
}

/// Which key tiles a query tile sees by topk-mean or topk-bound: its own and the `count` others
/// with the largest scores.
std::vector<std::vector<bool>> topk(const Operands& x, size_t head, size_t count, bool bound) {
    std::vector<std::vector<bool>> sees(x.tiles(), std::vector<bool>(x.tiles()));
    for (size_t t = 0; t < x.tiles(); ++t) {
        std::vector<std::pair<double, size_t>> others;
        for (size_t u = 0; u < x.tiles(); ++u) {
            double score = 0;
            for (size_t c = head * kWidth; c < (head + 1) * kWidth; ++c) {
                const double query = x.column(x.q, t, c)[0];
                const auto key = x.column(x.k, u, c);
                score += bound ? std::max(query * key[1], query * key[2]) : query * key[0];
            }
            if (u != t) others.emplace_back(-score, u);
        }
        std::sort(others.begin(), others.end());
        sees[t][t] = true;
        for (size_t n = 0; n < count; ++n) sees[t][others[n].second] = true;
    }
    return sees;
}

double row_error(const double* actual, const double* exact) {
    double difference = 0, size = 0;
    for (size_t c = 0; c < kWidth; ++c) {
        difference += (actual[c] - exact[c]) * (actual[c] - exact[c]);
        size += exact[c] * exact[c];
    }
    return std::sqrt(difference / size);
}

std::string bytes_of(const Sentence& sentence, const std::string& folder) {
    return test::read_text(sentence / folder + "/embeddings.npy");
}

}  // namespace

TEST_CASE("heads see the tiles that their rule says, and the audit says how far that is off") {
    auto random = test::test_random();
    Compared rows("elements of rows"), figures("figures");
    const Sentence sentence(random);
    for (const bool bound : {false, true}) {
        nlohmann::json results;
        const std::string name = bound ? "topk-bound" : "topk-mean";
        Operands x = operands_of(sentence, rule(name + ",tiles=2"), results);
        double median = 0, largest = 0;
        for (const double element : x.v) largest = std::max(largest, std::abs(element));
        for (size_t head = 0; head < kHeads; ++head) {
            const auto sees = topk(x, head, 2, bound);
            const std::vector<double> seen =
                x.attention(head, [&](size_t i, size_t j) { return sees[i / kTile][j / kTile]; });
            const std::vector<double> all = x.attention(head, [](size_t, size_t) { return true; });
            std::vector<double> errors;
            for (size_t i = 0; i < x.tokens(); ++i) {
                const double* o = x.o.data() + (head * x.tokens() + i) * kWidth;
                for (size_t c = 0; c < kWidth; ++c)
                    rows.holds(std::abs(o[c] - seen[i * kWidth + c]) < 0.01 * largest, [&] {
                        return name + ", head " + std::to_string(head) + ", row " +
                               std::to_string(i);
                    });
                errors.push_back(row_error(o, all.data() + i * kWidth));
            }
            std::sort(errors.begin(), errors.end());
            median = std::max(median, errors[(errors.size() - 1) / 2]);
        }
        const auto& audit = results.at("audits").at(0);
        figures.equal(audit.at("rule").get<std::string>(), name);
        figures.equal(audit.at("rows").get<size_t>(), x.tokens());  // fewer than 256: all
        figures.holds(std::abs(audit.at("median_error").get<double>() - median) < 0.02 * median,
                      [&] { return audit.dump() + " but " + std::to_string(median); });
        const uint64_t tiles = x.tiles(), last = x.tokens() - (tiles - 1) * kTile;
        uint64_t seen = 0;
        for (size_t head = 0; head < kHeads; ++head) {
            const auto sees = topk(x, head, 2, bound);
            for (size_t t = 0; t < tiles; ++t)
                for (size_t u = 0; u < tiles; ++u)
                    if (sees[t][u])
                        seen += (t + 1 == tiles ? last : kTile) * (u + 1 == tiles ? last : kTile);
        }
        figures.equal(results.at("seen_pairs").at(0).at("seen").get<uint64_t>(), seen);
        figures.equal(results.at("seen_pairs").at(0).at("calls").get<uint64_t>(),
                      kHeads * tiles * 3);
    }
}

TEST_CASE("a rule that sees all tiles changes no bit, and others are within their bounds") {
    auto random = test::test_random();
    Compared values("values");
    const Sentence sentence(random);
    results_of(sentence.embed("--out " + sentence / "plain"));
    for (const char* name : {"topk-mean", "sink+window", "hybrid"}) {
        const auto results = results_of(
            sentence.embed(rule(std::string(name) + ",tiles=99") + " --out " + sentence / "rule"));
        values.equal(bytes_of(sentence, "rule") == bytes_of(sentence, "plain"), true,
                     [&] { return std::string(name); });
        values.equal(results.at("audits").at(0).at("verdict").get<std::string>(),
                     std::string("VALID"));
        values.equal(results.at("sentence_share_seen").at("value").get<double>(), 1.0);
    }
    for (const char* name :
         {"approximation.rule=hybrid,tiles=3", "approximation.rule=sample,tiles=3",
          "approximation.rule=sink+window,tiles=2", "schedule.cover=half"})
        for (const char* heads : {"' --set 'layers.first.*.",
                                  "' --set device.profile=stats --set 'layers.*.heads.1,3."}) {
            const test::Finished f = run_tessera(sentence.embed(
                std::string(
                    " --check --accept-approximation --set 'layers.*.schedule.name=paired") +
                heads + name + "'"));
            INFO(f.err);
            REQUIRE(f.exit_code == 0);
            const auto error = nlohmann::json::parse(f.out).at("error");
            values.equal(error.at("outside").at("value").get<uint64_t>(), uint64_t{0},
                         [&] { return std::string(name) + heads; });
            values.holds(error.at("elements").at("value").get<uint64_t>() > 1000,
                         [&] { return error.dump(); });
        }
}

TEST_CASE("a result whose audit is not valid is withheld, unless it is accepted") {
    auto random = test::test_random();
    Compared outcomes("outcomes");
    const Sentence sentence(random);
    const std::string out = sentence / "out", embeddings = out + "/embeddings.npy";
    results_of(sentence.embed("--dump '*' --out " + out));
    outcomes.equal(std::filesystem::exists(embeddings), true);
    outcomes.equal(std::filesystem::exists(out + "/layers.safetensors"), true);
    const std::string options = rule("sink+window,tiles=1,tolerance=1e-6") + " --out " + out;
    const test::Finished withheld = run_tessera(sentence.embed(options));
    outcomes.equal(withheld.exit_code, 3);
    outcomes.holds(withheld.err.find("layer first.attn, heads 0,1,2,3, approximation not valid") !=
                           std::string::npos &&
                       withheld.err.find("--accept-approximation") != std::string::npos,
                   [&] { return withheld.err; });
    // Nor is what an earlier run has left there.
    outcomes.equal(std::filesystem::exists(embeddings), false);
    outcomes.equal(std::filesystem::exists(out + "/layers.safetensors"), false);
    outcomes.equal(std::filesystem::exists(out + "/report.json"), true);
    const test::Finished accepted =
        run_tessera(sentence.embed(options + " --accept-approximation"));
    outcomes.equal(accepted.exit_code, 0);
    outcomes.equal(std::filesystem::exists(embeddings), true);
    const auto results = nlohmann::json::parse(accepted.out).at("results");
    outcomes.equal(results.at("audits_not_valid").at("value").get<uint64_t>(), uint64_t{1});
    expect_refusal(outcomes, sentence.embed(rule("hybrid,tiles=3") + "--timing-only"),
                   "layer first.attn: approximation.rule is given; allowed: without --timing-only");
    expect_refusal(outcomes, sentence.embed("--set 'layers.*.approximation.rule=hybrid'"),
                   "--set: layer first.attn, head 0: approximation.tiles is missing");
}

TEST_CASE("settings in the description of a model are those of the command line") {
    auto random = test::test_random();
    Compared values("values");
    const Sentence sentence(random);
    const auto given = results_of(sentence.embed(
        "--set 'layers.*.heads.0,2.window=9' --set layers.first.attn.heads.3.stride=4 "
        "--set 'layers.*.heads.0-2.schedule.name=paired' --out " +
        sentence / "given"));
    const auto describe = [&](const std::string& settings) {
        std::string model = test::kSentenceModel;
        const std::string end = "\"output\": \"o\"}";
        model.replace(model.find(end), end.size(),
                      "\"output\": \"o\", \"settings\": " + settings + "}");
        std::ofstream(sentence / "model.json") << model;
    };
    describe(R"([{"heads": "0,2", "window": 9}, {"heads": "3", "stride": 4},
                 {"heads": "0-2", "schedule.name": "paired"}])");
    const auto described = results_of(sentence.embed("--out " + sentence / "described"));
    values.equal(bytes_of(sentence, "described") == bytes_of(sentence, "given"), true);
    values.equal(described.at("seen_pairs"), given.at("seen_pairs"));
    const auto overridden = results_of(sentence.embed("--set 'layers.*.stride=1'"));
    values.equal(overridden.at("sentence_share_seen").at("value").get<double>(), 1.0);
    const auto refused = [&](const std::string& settings, const std::string& part) {
        describe(settings);
        expect_refusal(values, sentence.embed(""), part);
    };
    const std::string at = "model.json: graphs.sentence.layers[2].settings";
    refused(R"([{"schedule.name": "listed"}])", "; allowed: query-resident, kv-resident, paired");
    refused("4", at + " is 4; allowed: a list of settings");
    refused("[]", at + " is an array of 0; allowed: a list of settings");
    refused(R"([{"windows": 4}])", at + "[0].windows is not known; allowed: window, sinks");
    refused(R"([{"window": 0}])", at + "[0].window is 0; allowed: 1 to 1048576");
    refused(R"([{"window": true}])", at + "[0].window is true; allowed: a number or a name");
    refused(R"([{"window": 4, "stride": 2}])", "settings[0] has both");
    refused(R"([{"heads": "4", "window": 2}])", "is for head 4; allowed: 0 to 3");
    refused(R"([{"heads": "x", "window": 2}])", "is for heads x; allowed: numbers of heads");
    refused(R"([{"summary": 2}])",
            "layer first.attn, head 0: summary is 2; allowed: only with block");
}
