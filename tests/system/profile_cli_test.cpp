// SPDX-License-Identifier: MIT
// `tessera profile` as a user meets it: sums, formulas and roofline of the report, worked out anew
// from its parts, and what is refused.
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/support/compared.h"
#include "tests/support/report.h"
#include "tests/support/run_tessera.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;
using Json = nlohmann::json;

namespace {

Json small_llama() {
    return {{"model_type", "llama"},    {"architectures", {"LlamaForCausalLM"}},
            {"num_hidden_layers", 3},   {"hidden_size", 128},
            {"num_attention_heads", 4}, {"num_key_value_heads", 2},
            {"intermediate_size", 200}, {"max_position_embeddings", 1000},
            {"rms_norm_eps", 1e-5},     {"hidden_act", "silu"},
            {"vocab_size", 500},        {"tie_word_embeddings", false}};
}

/// A folder with the configuration, and `changes` in it.
class Model {
  public:
    explicit Model(const Json& changes = Json::object()) {
        Json config = small_llama();
        config.update(changes);
        std::ofstream(folder_ / "config.json") << config.dump();
    }
    std::string path() const { return folder_.path(); }
    std::string operator/(const std::string& name) const { return folder_ / name; }

  private:
    test::Scratch folder_;
};

double number(const Json& row, const char* key) { return row[key].get<double>(); }

std::string phase_of(const Json& row) {
    return row["phase"].get<std::string>() + " " + std::to_string(row["tokens"].get<uint64_t>());
}

bool near(double a, double b) { return std::fabs(a - b) <= 1e-9 * std::fabs(b); }

/// Peak of `base` by its preset: 2 * 16 lanes * 64 columns; its bus has 64 bytes.
constexpr double kPeak = 2 * 16 * 64, kBus = 64;

}  // namespace

TEST_CASE("profile: phases are sums of kinds and of layers, figures follow their formulas") {
    const Model model;
    const Json report =
        test::report_of("profile " + model.path() + " --memory ideal --tokens 100,700");
    Compared sums("sums"), figures("figures");
    CHECK(report["schema"] == "tessera.profile");
    for (const char* key :
         {"cycles", "calls", "macs", "bytes", "weight_bytes", "share", "processor_cycles"})
        for (const char* part : {"kinds", "layers"}) {
            std::map<std::string, double> sum;
            for (const Json& row : report[part]) sum[phase_of(row)] += number(row, key);
            CHECK(sum.size() == 4);
            for (const Json& row : report["phases"])
                sums.holds(near(sum[phase_of(row)], number(row, key)),
                           [&] { return phase_of(row) + ": " + key + " of " + part; });
        }
    for (const char* part : {"phases", "kinds", "layers"})
        for (const Json& row : report[part]) {
            const auto at = [&] { return row.dump(); };
            const double cycles = number(row, "cycles"), macs = number(row, "macs"),
                         bytes = number(row, "bytes");
            figures.holds(cycles > 0, at);
            figures.holds(near(number(row, "time"), cycles * 1e-9), at);
            figures.holds(near(number(row, "mac_utilisation"), macs / kPeak / cycles), at);
            figures.holds(near(number(row, "flops_per_byte"), 2 * macs / bytes), at);
            figures.holds(near(number(row, "compute_cycles"), macs / kPeak), at);
            figures.holds(near(number(row, "memory_cycles"), bytes / kBus), at);
            const std::map<std::string, double> roofs = {
                {"compute", number(row, "compute_cycles")},
                {"memory", number(row, "memory_cycles")},
                {"processor", number(row, "processor_cycles")}};
            double bound = 0;
            for (const auto& roof : roofs) bound = std::max(bound, roof.second);
            figures.holds(near(number(row, "bound_cycles"), bound), at);
            figures.holds(near(roofs.at(row["bound_by"].get<std::string>()), bound), at);
            figures.holds(bound <= cycles, at);
        }
}

TEST_CASE("profile: multiply-adds, weights and caches by hand") {
    const Model model;
    const Json report = test::report_of("profile " + (model / "config.json") +
                                        " --memory ideal --tokens 100 --chunk 60 "
                                        "--set memory.size_bytes=1048576");
    Compared figures("figures");
    // q and o, k and v, the three of the feed-forward, three layers; then the head of 500.
    const double caches = 2 * 128 * 64, layer = 2 * 128 * 128 + caches + 3 * 128 * 200;
    const double head = 128 * 500;
    // Of the last layer 60 rows leave keys and values alone.
    const double prefill = 60 * (2 * layer + caches) + 40 * 3 * layer + head;
    for (const Json& row : report["kinds"]) {
        if (row["kind"] != "linear") continue;
        const bool decode = row["phase"] == "decode";
        figures.equal(number(row, "macs"), decode ? 3 * layer + head : prefill);
        // Of a chunk before the last the head reads nothing.
        figures.equal(number(row, "weight_bytes"), 2 * (3 * layer + head));
    }
    for (const Json& row : report["phases"])
        figures.equal(number(row, "runs"), row["phase"] == "decode" ? 1 : 2);
    const Json& memory = report["memory"][0];
    // Beside the matrices the table of the embedding, and rows of norms: two a layer, one at the
    // end.
    figures.equal(number(memory, "checkpoint_bytes"),
                  2 * (3 * layer + head + 128 * 500 + (2 * 3 + 1) * 128));
    const double token = 3 * 2 * 32 * 2 * 2;
    figures.equal(number(memory, "cache_bytes"), 101 * token);
    figures.equal(report["model"]["cache_bytes_per_token"]["value"].get<double>(), token);
    figures.equal(number(memory, "capacity"), 1048576);
    figures.equal(memory["fits"].get<bool>(),
                  number(memory, "resident_bytes") + 101 * token <= 1048576);
    figures.holds(number(memory, "resident_bytes") >= number(memory, "checkpoint_bytes"),
                  [&] { return memory.dump(); });
    figures.equal(memory["trained_positions"].get<bool>(), true);
}

TEST_CASE("profile: more tokens than the memory or the training has are said, not refused") {
    const Model model;
    const Json report = test::report_of("profile " + model.path() +
                                        " --memory ideal --tokens 999,1000 "
                                        "--set memory.size_bytes=1048576");
    Compared facts("facts");
    facts.equal(report["memory"][0]["trained_positions"].get<bool>(), true);
    facts.equal(report["memory"][1]["trained_positions"].get<bool>(), false);
    facts.equal(report["memory"][0]["fits"].get<bool>(), false);
    // Weights alone would fit.
    const Json room = test::report_of("profile " + model.path() +
                                      " --memory ideal --tokens 3000 "
                                      "--set memory.size_bytes=3145728")["memory"][0];
    facts.holds(number(room, "resident_bytes") <= 3145728, [&] { return room.dump(); });
    facts.equal(room["fits"].get<bool>(), false, [&] { return room.dump(); });
    const test::Finished table = test::run_tessera("profile " + model.path() +
                                                   " --memory ideal --tokens 1000 "
                                                   "--set memory.size_bytes=1048576");
    facts.equal(table.exit_code, 0);
    for (const char* part : {"DO NOT FIT", "of the training", "nothing simulated"})
        facts.holds(test::contains(table.out, part), [&] { return table.out; });
}

TEST_CASE("profile: what is refused, with what is allowed") {
    const Model model, wide(Json{{"num_attention_heads", 1}, {"num_key_value_heads", 1}}),
        strange(Json{{"hidden_act", "mish"}});
    Compared messages("messages");
    const auto refuse = [&](const std::string& arguments, const std::string& part) {
        test::expect_refusal(messages, "profile " + arguments, part);
    };
    refuse(wide.path(), "at most D = 64 of device base; wide enough: blackbox-128, mla, wide");
    refuse(strange.path(), "hidden_act");
    refuse(model.path() + "/none", "none");
    refuse(model.path() + " --tokens 0", "1 to 1,048,576");
    refuse(model.path() + " --tokens 1048577", "1 to 1,048,576");
    refuse(model.path() + " --tokens 5,x", "--tokens");
    refuse(model.path() + " --chunk 0", "--chunk");
    refuse(model.path() + " --device base --set device.profile=stats", "stateful");
    refuse(model.path() + " --memory ideal-stall", "stall.permille");
    refuse(model.path() + " --out " + model.path() + " --format yaml", "--format");
}

TEST_CASE("profile: the report in a folder is that of stdout") {
    const Model model;
    const test::Scratch scratch;
    const Json report = test::report_of("profile " + model.path() + " --device tiny " +
                                        "--set device.D=32 --tokens 50 --out " + scratch / "out");
    std::ifstream file(scratch / "out/report.json");
    const Json written = Json::parse(file);
    Compared documents("documents");
    documents.equal(written["phases"], report["phases"]);
    std::set<std::string> files;
    for (const auto& entry : std::filesystem::directory_iterator(scratch / "out"))
        files.insert(entry.path().filename().string());
    documents.equal(report["files"].get<std::set<std::string>>(), files);
    documents.equal(files.count("report.json"), size_t{1});
}
