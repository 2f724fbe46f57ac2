// SPDX-License-Identifier: MIT
// What heads of a model see: settings and the message of each mistake, sets of heads, and where
// the mass of a softmax lies.
#include <cmath>
#include <numeric>
#include <set>

#include "host/error.h"
#include "host/model/head_mass.h"
#include "host/model/head_sets.h"
#include "host/model/head_settings.h"
#include "tests/support/compared.h"
#include "tests/support/error_of.h"

using namespace tessera;
using host::HeadSettings;
using test::Compared;

namespace {

constexpr const char* kModel = R"({"format": "tessera-model-1", "name": "m", "graphs": {
  "encoder": {"inputs": {"ids": {"type": "indices"}}, "layers": [
    {"layer": "embedding", "name": "e", "input": "ids", "output": "x"},
    {"repeat": 2, "layers": [
      {"layer": "linear", "name": "en.{i}.qkv", "input": "x", "parts": [
        {"output": "q", "heads": 6}, {"output": "k", "heads": 6}, {"output": "v", "heads": 6}]},
      {"layer": "attention", "name": "en.{i}.attn", "queries": "q", "keys": "k", "values": "v",
       "output": "o", "window": 9}]},
    {"layer": "linear", "name": "ck", "input": "x", "output": "ck", "heads": 2, "keep": true}]},
  "decoder": {"inputs": {"token": {"type": "indices"}}, "layers": [
    {"layer": "embedding", "name": "d", "input": "token", "output": "x"},
    {"layer": "linear", "name": "dq", "input": "x", "output": "q", "heads": 2},
    {"layer": "linear", "name": "dk", "input": "x", "output": "k", "heads": 2, "append": true},
    {"layer": "attention", "name": "de.attn", "queries": "q", "keys": "k", "values": "k",
     "output": "o", "causal": true},
    {"layer": "attention", "name": "de.cross", "queries": "q", "keys": "ck", "values": "ck",
     "output": "o"}]}}})";

host::Model with(const std::vector<std::string>& settings) {
    host::Model model = host::read_model("m.json", kModel);
    host::set_heads(model, "--set", settings);
    return model;
}

/// What a layer sees by these settings, as text.
std::string seen(const std::string& layer, const std::vector<std::string>& settings) {
    const host::Model model = with(settings);
    for (const auto& [name, graph] : model.graphs)
        for (const host::ModelLayer& one : graph.layers)
            if (one.name == layer)
                return host::heads_text(std::get<host::AttentionLayer>(one.kind));
    return "no layer";
}

std::string message(const std::vector<std::string>& settings) {
    return test::error_of([&] { with(settings); }).what();
}

}  // namespace

TEST_CASE("settings of heads: patterns, lists, and the later overrides the earlier") {
    Compared texts("texts");
    const auto text = [&](const char* layer, const std::vector<std::string>& settings,
                          const std::string& expected) {
        texts.equal(seen(layer, settings), expected, [&] { return settings.back(); });
    };
    texts.equal(seen("en.0.attn", {}), std::string("window 9"));
    texts.equal(seen("de.attn", {}), std::string("all"));
    text("en.0.attn", {"layers.en.*.window=64"}, "heads 0,1,2,3,4,5: window 64");
    text("en.1.attn", {"layers.en.0.attn.window=64"}, "window 9");
    text("en.1.attn", {"layers.*.?.attn.heads.0,2-4.window=5"},
         "heads 0,2,3,4: window 5; heads 1,5: window 9");
    text("en.0.attn", {"layers.en.*.sinks=2"}, "heads 0,1,2,3,4,5: window 9, sinks 2");
    text("en.0.attn", {"layers.en.*.stride=4", "layers.en.0.attn.heads.1,1.window=7"},
         "heads 0,2,3,4,5: stride 4; heads 1: window 7");
    text("en.0.attn", {"layers.en.*.window=64", "layers.en.*.window=32"},
         "heads 0,1,2,3,4,5: window 32");
    text("en.0.attn", {"layers.en.*.window=64", "layers.en.*.heads.0-5.stride=1"},
         "heads 0,1,2,3,4,5: all");
    text("de.attn", {"layers.de.attn.window=3"}, "heads 0,1: window 3");
    text("de.cross", {"layers.de.cross.stride=2"}, "heads 0,1: stride 2");
    text("de.cross", {"layers.de.cross.schedule.name=paired", "layers.de.cross.stride=2"},
         "heads 0,1: stride 2, schedule paired");
    text("de.attn", {"layers.de.attn.window=8,sinks=2,block=4"},
         "heads 0,1: window 8, sinks 2, block 4");
    text("de.attn", {"layers.de.attn.block=8,summary=2"}, "heads 0,1: block 8, summary 2");
    text("de.attn", {"layers.de.attn.heads.1.approximation.rule=topk-mean,tiles=8,seed=3"},
         "heads 0: all; heads 1: rule topk-mean, tiles 8");
    text("de.attn",
         {"layers.de.*attn.approximation.rule=hybrid,tiles=8",
          "layers.de.attn.approximation.tiles=4"},
         "heads 0,1: rule hybrid, tiles 4");
    text("de.attn",
         {"layers.de.*attn.approximation.rule=hybrid,tiles=8", "layers.de.attn.heads.0.window=4"},
         "heads 0: window 4; heads 1: rule hybrid, tiles 8");
    text("de.attn", {"layers.de.*attn.schedule.name=paired", "layers.de.attn.schedule.cover=half"},
         "heads 0,1: cover half");
    text("de.attn", {"layers.de.*attn.schedule.cover=half", "layers.de.attn.window=9"},
         "heads 0,1: window 9");
}

TEST_CASE("settings that are none: one message each") {
    Compared messages("messages");
    const auto refused = [&](const std::vector<std::string>& settings, const std::string& part) {
        const std::string text = message(settings);
        messages.holds(
            text.find(part) != std::string::npos && text.find("--set: ") != std::string::npos,
            [&] { return settings.back() + ": " + text; });
    };
    refused({"layers.en.*.windows=4"}, "layers.en.*.windows is not known; allowed: layers.PATTERN");
    refused({"layers.window=4"}, "layers.window is not known");
    refused({"layers."}, "layers. is not known");
    refused({"layers.en.*.window"}, "is without a value");
    for (const char* number : {"0", "-1", "x", "", "4.5", "1048577", "99999999999999"})
        refused({std::string("layers.en.*.window=") + number}, "; allowed: 1 to 1048576");
    refused(
        {"layers.dec*.window=4"},
        "is for dec*; allowed: a pattern that an attention layer of m matches, as de.attn or *");
    refused({"layers.en.0.qkv.window=4"}, "is for en.0.qkv; allowed: a pattern");
    refused({"layers.en.*.heads.6.window=4"}, "is for head 6; allowed: 0 to 5, the heads of en.0");
    refused({"layers.en.*.heads.0-6.window=4"}, "is for head 6");
    for (const char* list : {"", "a", "1,", ",1", "3-1", "1-", "-1", "1 2", "4294967296"})
        refused({std::string("layers.en.*.heads.") + list + ".window=4"},
                "; allowed: numbers of heads, as 0,2-4");
    refused({"layers.de.attn.stride=4"}, "is of de.attn, which is causal; allowed: only without");
    refused({"layers.*.stride=4"}, "is of de.attn, which is causal");
    refused({"layers.de.*.window=4"}, "is of de.cross, whose keys are of another graph; allowed:");
    refused({"layers.de.cross.sinks=4"}, "is of de.cross, whose keys are of another graph");
    refused({"layers.en.*.stride=4", "layers.en.*.window=4"},
            "is 4; allowed: a stride or terms of a mask: layers.en.* has both");
    refused({"layers.de.attn.schedule.name=paired", "layers.de.attn.schedule.cover=half"},
            "has both");
    refused({"layers.de.attn.schedule.cover=half,window=4"}, "has both");
    refused({"layers.en.*.heads.1.sinks=4", "layers.en.*.heads.1.stride=2"}, "has both");
    refused({"layers.de.attn.schedule.name=fast"}, "is fast; allowed: query-resident, ");
    refused({"layers.de.attn.schedule.cover=round"}, "is round; allowed: auto, affine, ");
    refused({"layers.de.attn.approximation.rule=best"}, "is best; allowed: sample, sink+window, ");
    for (const char* number : {"0", "1.5", "-1", "nan", "x", ""})
        refused({std::string("layers.de.attn.approximation.tolerance=") + number},
                "; allowed: more than 0, at most 1");
    refused({"layers.de.attn.approximation.rule=hybrid,tile=4"}, "attn.tile is not known");
    refused({"layers.de.attn.window=4,sinks"}, "sinks is without a value");
    refused({"layers.de.attn.approximation.rule=hybrid"},
            "layer de.attn, head 0: approximation.tiles is missing; allowed: 1 to 1048576");
    refused({"layers.de.attn.approximation.tiles=4"},
            "layer de.attn, head 0: approximation.rule is missing; allowed: sample");
    refused({"layers.de.attn.approximation.rule=hybrid,tiles=2"},
            "head 0: approximation.tiles is 2; allowed: 3 to ");
    refused({"layers.de.attn.approximation.rule=sample,tiles=2"},
            "head 0: approximation.rule: sample draws keys whatever their position; with causal");
    refused({"layers.en.*.approximation.rule=hybrid,tiles=3"},
            "is of en.0.attn, which has window 9; allowed: only without a window");
    refused({"layers.en.*.schedule.cover=half"}, "is of en.0.attn, which has window 9");
    refused({"layers.de.cross.approximation.rule=sample,tiles=3"},
            "is of de.cross, whose keys are of another graph");
    refused({"layers.de.attn.block=12"}, "head 0: block is 12; allowed: a power of two");
    refused({"layers.de.attn.summary=1"}, "head 0: summary is 1; allowed: only with block B");
    refused({"layers.de.attn.heads.1.block=8,summary=9"},
            "head 1: summary is 9; allowed: 1 to block=8");
    refused({"layers.de.attn.block=8,summary=1,window=4"},
            "only with causal attention and without window, sinks and prefix");
    refused({"layers.en.*.prefix=4"}, "head 0: prefix is 4; allowed: only with causal attention");
}

TEST_CASE("sets of heads: each head once, with what it sees, as far apart as the next") {
    auto random = test::test_random();
    Compared heads("heads"), sets("sets");
    for (int run = 0; run < 500; ++run) {
        const uint32_t sharing = 1 + static_cast<uint32_t>(random() % 3);
        const uint32_t count = sharing * (1 + static_cast<uint32_t>(random() % 8));
        std::vector<HeadSettings> all(count);
        for (HeadSettings& one : all) one.seen.window = static_cast<uint32_t>(random() % 3);
        const bool alike = std::set<uint32_t>{[&] {
                               std::set<uint32_t> kinds;
                               for (const HeadSettings& one : all) kinds.insert(one.seen.window);
                               return kinds;
                           }()}
                               .size() == 1;
        std::vector<uint32_t> times(count);
        const std::vector<host::HeadSet> made = host::head_sets(all, sharing);
        for (const host::HeadSet& set : made)
            for (uint32_t i = 0; i < set.count; ++i) {
                const uint32_t head = set.first + i * set.step;
                REQUIRE(head < count);
                ++times[head];
                heads.equal(set.settings == all[head], true);
                if (sharing > 1 && !alike) heads.equal(head / sharing, set.first / sharing);
            }
        for (const uint32_t one : times) heads.equal(one, 1u);
        if (alike) sets.equal(made.size(), size_t{1});
    }
    const auto texts = [](const std::vector<uint32_t>& local) {
        std::vector<HeadSettings> all(8);
        for (const uint32_t head : local) all[head].seen.window = 64;
        std::string text;
        for (const host::HeadSet& set : host::head_sets(all, 1)) text += set.text() + " ";
        return text;
    };
    sets.equal(texts({0, 2, 4}), std::string("0,2,4 1,3,5,7 6 "));
    sets.equal(texts({0, 2, 3, 4, 6, 7}), std::string("0,2,4,6 1,5 3,7 "));
    sets.equal(texts({}), std::string("0,1,2,3,4,5,6,7 "));
}

TEST_CASE("the mass of heads against its definition") {
    auto random = test::test_random();
    Compared figures("figures");
    std::normal_distribution<float> normal(0, 2);
    for (int run = 0; run < 12; ++run) {
        const uint32_t kv = 1 + run % 2, sharing = 1 + run % 3, heads = kv * sharing, width = 3;
        const size_t queries = 20 + random() % 300, keys = queries + (run % 4 == 3 ? 5 : 0);
        const bool causal = run % 2 == 1;
        std::vector<float> q(queries * heads * width), k(keys * kv * width);
        for (float& x : q) x = normal(random);
        for (float& x : k) x = normal(random);
        const auto masses = host::head_masses({q, k, heads, kv, width, causal});
        REQUIRE(masses.size() == heads);
        for (uint32_t h = 0; h < heads; ++h) {
            double near[3] = {}, first = 0, entropy = 0;
            for (size_t i = 0; i < queries; ++i) {
                const double position = double(i) + double(keys) - double(queries);
                std::vector<double> p(keys);
                for (size_t j = 0; j < keys; ++j) {
                    double score = 0;
                    for (size_t c = 0; c < width; ++c)
                        score += double{q[(i * heads + h) * width + c]} *
                                 double{k[(j * kv + h / sharing) * width + c]};
                    const bool sees = !causal || double(j) <= position;
                    p[j] = sees ? std::exp(score / std::sqrt(double(width))) : 0;
                }
                const double sum = std::accumulate(p.begin(), p.end(), 0.0);
                for (size_t j = 0; j < keys; ++j) {
                    const double share = p[j] / sum / double(queries);
                    const double distance = std::abs(position - double(j));
                    near[0] += distance < 16 ? share : 0;
                    near[1] += distance < 64 ? share : 0;
                    near[2] += distance < 256 ? share : 0;
                    first += j < 16 ? share : 0;
                    if (p[j] > 0) entropy -= share * std::log(p[j] / sum);
                }
            }
            const auto close = [&](double actual, double expected) {
                figures.holds(std::abs(actual - expected) <= 1e-9 * expected, [&] {
                    return std::to_string(actual) + " is not " + std::to_string(expected);
                });
            };
            for (size_t n = 0; n < 3; ++n) close(masses[h].near[n], near[n]);
            close(masses[h].first, first);
            close(masses[h].perplexity, std::exp(entropy));
        }
    }
}
