// SPDX-License-Identifier: MIT
// The fields of an experiment: each is where the table says, survives JSON, is in the schema and in
// the manual, and counts in the hash.
#include "host/experiment/experiment_json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "host/error.h"
#include "host/experiment/check.h"
#include "host/experiment/fields.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

using namespace tessera;
using nlohmann::json;
using test::Compared;

namespace {

constexpr const char* kSchemaFile = TESSERA_SOURCE_DIR "/include/tessera/experiment.schema.json";

constexpr const char* kManual = TESSERA_SOURCE_DIR "/docs/use/experiments.md";

/// Are the files to be written as they should be? That fails, too, so that it is noticed.
bool update() { return std::getenv("TESSERA_UPDATE_GOLDEN") != nullptr; }

/// Every field with a value that is not its default, and no value twice where that is possible.
Experiment all_different() {
    Experiment e;
    e.operation = OperationKind::kLinear;
    e.machine = {"small",          "ddr4-2400r", {{"device.LANES", "8"}}, 3, Implementation::kRtl,
                 Engine::kSystemC, false};
    e.workload.source = Source::kArrays;
    e.workload.random = {11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21};
    e.workload.file = "file";
    e.workload.tensor_names = {"query", "key", "value"};
    e.workload.arrays = {"q.npy", "k.npy", "v.npy", "a.npy", "b.npy"};
    e.workload.head_order = HeadOrder::kTokensFirst;
    e.workload.allow_nonfinite = true;
    e.workload.mask = {MaskKind::kSparse, 31, 32, 33, 34, 35, {36, 37}, "flags.npy", Align::kStart};
    e.workload.batch = {{41, 42}, {43}, Padding::kLeft, {44}, {45, 46}};
    e.workload.scale = 0.375;
    e.workload.output_format = OutputFormat::kBf16;
    e.workload.form = GemmForm::kScores;
    e.workload.precision = Precision::kRounded;
    e.workload.inner_block = 50;
    e.workload.column_block = 51;
    e.workload.lse = true;
    e.workload.sink_logits = "sinks";
    e.schedule.name = "paired";
    e.schedule.order = "p.order";
    e.schedule.minimise = Minimise::kBytes;
    e.schedule.stack_heads = true;
    e.schedule.oracle = Oracle::kSelf;
    e.schedule.cover = "half";
    e.schedule.sentinel = Sentinel::kTwoCall;
    e.schedule.sentinel_offset = -51;
    e.schedule.approximation = {"hybrid", 52, 53, 0.25};
    e.outputs = {false, true, true, true, {61, 62}, 63, "folder", "wave.fst"};
    return e;
}

const char* const kAllDifferent = R"({
  "operation": "linear",
  "machine": {"device": "small", "memory": "ddr4-2400r", "settings": {"device.LANES": "8"},
              "devices": 3, "implementation": "rtl", "engine": "systemc", "fast_forward": false},
  "workload": {
    "source": "arrays",
    "random": {"heads": 11, "tokens": 12, "dimension": 13, "key_value_heads": 14, "key_tokens": 15,
               "value_dimension": 16, "batch": 17, "rows": 18, "columns": 19, "inner": 20,
               "seed": 21},
    "file": "file",
    "tensor_names": {"q": "query", "k": "key", "v": "value"},
    "arrays": {"q": "q.npy", "k": "k.npy", "v": "v.npy", "a": "a.npy", "b": "b.npy"},
    "head_order": "tokens_first", "allow_nonfinite": true,
    "mask": {"kind": "sparse", "prefix": 31, "window": 32, "sinks": 33, "block": 34, "summary": 35,
             "documents": [36, 37], "tile_flags": "flags.npy", "align": "start"},
    "batch": {"query_lengths": [41, 42], "key_lengths": [43], "padding": "left",
              "query_offsets": [44], "key_offsets": [45, 46]},
    "scale": 0.375, "output_format": "bf16", "form": "scores", "precision": "rounded",
    "inner_block": 50, "column_block": 51, "lse": true, "sink_logits": "sinks"},
  "schedule": {
    "name": "paired", "order": "p.order", "minimise": "bytes", "stack_heads": true,
    "oracle": "self", "cover": "half",
    "sentinel": "two-call", "sentinel_offset": -51,
    "approximation": {"rule": "hybrid", "tiles": 52, "seed": 53, "tolerance": 0.25}},
  "outputs": {
    "check": false, "timing_only": true, "accept_inexact": true, "accept_approximation": true,
    "slots": {"heads": 61, "layers": 62}, "trace_commands": 63, "folder": "folder",
    "wave": "wave.fst"}})";

/// Paths of all values in a tree of objects, down to what `schema` calls no object with properties.
void list_leaves(const json& schema, const std::string& prefix,
                 std::vector<std::pair<std::string, json>>& leaves) {
    for (const auto& [name, entry] : schema.at("properties").items())
        if (entry.contains("properties"))
            list_leaves(entry, prefix + name + ".", leaves);
        else
            leaves.emplace_back(prefix + name, entry);
}

json committed_schema() { return json::parse(test::read_text(kSchemaFile)); }

std::vector<std::pair<std::string, json>> committed_leaves() {
    std::vector<std::pair<std::string, json>> leaves;
    list_leaves(committed_schema(), "", leaves);
    return leaves;
}

json::json_pointer place_of(std::string path) {
    std::replace(path.begin(), path.end(), '.', '/');
    return json::json_pointer("/" + path);
}

/// Draws what a schema allows.
class Draw {
  public:
    explicit Draw(std::mt19937_64& random) : random_(random) {}

    json value(const json& schema) {
        if (schema.contains("enum")) return schema["enum"][below(schema["enum"].size())];
        const json& type = schema.at("type");
        return of_type(type.is_array() ? type[below(type.size())] : type, schema);
    }
    uint64_t below(uint64_t end) { return random_() % end; }

  private:
    json of_type(const std::string& type, const json& schema) {
        if (type == "null") return nullptr;
        if (type == "boolean") return below(2) == 1;
        if (type == "integer") return integer(schema);
        if (type == "number") return std::ldexp(static_cast<double>(random_() >> 11), -50) - 4;
        if (type == "string") return text();
        if (type == "array") return list(schema);
        json object = json::object();
        for (uint64_t i = below(3); i > 0; --i) object[text()] = text();
        return object;
    }
    /// The ends often, which may be all of 64 bits apart.
    json integer(const json& schema) {
        const auto most = schema.at("maximum").get<uint64_t>();
        const auto least = schema.at("minimum").get<int64_t>();
        switch (below(4)) {
            case 0: return least < 0 ? json(least) : json(static_cast<uint64_t>(least));
            case 1: return most;
            default: break;
        }
        if (least < 0) return static_cast<int64_t>(below(most)) + least / 2;
        const auto first = static_cast<uint64_t>(least);
        return first + below(most - first);
    }
    json list(const json& schema) {
        json list = json::array();
        for (uint64_t i = below(4); i > 0; --i) list.push_back(integer(schema.at("items")));
        return list;
    }
    std::string text() {
        static const char* const kPieces[] = {"a",      "\"", "\\", "/",    "\n",
                                              "\u00e9", " ",  "0",  ".json"};
        std::string text;
        for (uint64_t i = below(5); i > 0; --i) text += kPieces[below(std::size(kPieces))];
        return text;
    }

    std::mt19937_64& random_;
};

std::string message_of(const std::string& text) {
    return test::message_of([&] { host::read_experiment("x.json", text); });
}

}  // namespace

TEST_CASE("every field of the struct is where its path says", "[experiment]") {
    Compared compared("fields");
    const json expected = json::parse(kAllDifferent);
    const Experiment read = host::read_experiment("x.json", kAllDifferent);
    for (const host::ExperimentField& field : host::experiment_fields()) {
        const auto path = [&] { return field.path; };
        compared.equal(field.get(all_different()), expected.at(place_of(field.path)), path);
        compared.equal(field.get(read), expected.at(place_of(field.path)), path);
        compared.holds(field.get(read) != field.get(Experiment()), path);
    }
    compared.equal(json(host::experiment_json(all_different())), expected);
}

TEST_CASE("random experiments survive JSON", "[experiment]") {
    Compared compared("random experiments");
    std::mt19937_64 random = test::test_random();
    Draw draw(random);
    const auto leaves = committed_leaves();
    for (int i = 0; i < 3000; ++i) {
        json drawn = json::object(), whole = json(host::experiment_json(Experiment()));
        for (const auto& [path, schema] : leaves) {
            if (draw.below(4) == 0) continue;  // keeps its default
            whole[place_of(path)] = drawn[place_of(path)] = draw.value(schema);
        }
        const Experiment once = host::read_experiment("x.json", drawn.dump());
        compared.equal(json(host::experiment_json(once)), whole, [&] { return drawn.dump(); });
        const std::string text = host::canonical_text(once);
        const Experiment twice = host::read_experiment("x.json", text);
        compared.equal(host::canonical_text(twice), text, [&] { return drawn.dump(); });
        compared.equal(host::experiment_hash(twice), host::experiment_hash(once));
    }
}

TEST_CASE("the committed schema is that of the table, and has every field", "[experiment]") {
    Compared compared("entries of the schema");
    const std::string expected = host::experiment_schema().dump(2) + "\n";
    if (update()) {
        std::ofstream(kSchemaFile) << expected;
        FAIL("recorded " << kSchemaFile);
    }
    compared.equal(test::read_text(kSchemaFile) == expected, true);
    std::set<std::string> paths;
    for (const auto& leaf : committed_leaves()) paths.insert(leaf.first);
    for (const host::ExperimentField& field : host::experiment_fields())
        compared.holds(paths.erase(field.path) == 1, [&] { return field.path; });
    compared.equal(paths.size(), 0u);
}

TEST_CASE("the hash is FNV-1a of the canonical text, and every field counts", "[experiment]") {
    Compared compared("hashes");
    const json different = json::parse(kAllDifferent);
    std::set<std::string> hashes = {host::experiment_hash(Experiment())};
    for (const host::ExperimentField& field : host::experiment_fields()) {
        Experiment e;
        compared.holds(field.set(e, different.at(place_of(field.path))),
                       [&] { return field.path; });
        compared.holds(hashes.insert(host::experiment_hash(e)).second, [&] { return field.path; });
    }
    uint64_t hash = 14695981039346656037u;  // once more, by its definition
    for (const unsigned char byte : host::canonical_text(all_different())) {
        hash ^= byte;
        hash *= 1099511628211u;
    }
    compared.equal(host::experiment_hash(all_different()), fmt::format("{:016x}", hash));
}

TEST_CASE("the manual has every field as the program has it", "[experiment]") {
    Compared compared("rows of docs/use/experiments.md");
    std::string rows;
    for (const host::ExperimentField& field : host::experiment_fields())
        rows += host::manual_row(field) + "\n";
    const std::string manual = test::read_text(kManual);
    const size_t begin = manual.find("| `operation`"), end = manual.find("\n\n", begin) + 1;
    REQUIRE(end != 0);
    if (update()) {
        std::ofstream(kManual) << manual.substr(0, begin) + rows + manual.substr(end);
        FAIL("recorded " << kManual);
    }
    compared.equal(manual.substr(begin, end - begin), rows);
}

TEST_CASE("a value that is not allowed is named with its path", "[experiment]") {
    Compared compared("messages");
    const std::pair<const char*, const char*> cases[] = {
        {"[]", "x.json: the experiment is an array of 0; allowed: a JSON object"},
        {R"({"machin": 1})",
         "x.json: key machin is unknown; allowed: operation, machine, workload, schedule, outputs; "
         "did you mean machine?"},
        {R"({"outputs": {"slots": {"head": 1}}})",
         "x.json: key outputs.slots.head is unknown; allowed: heads, layers; did you mean heads?"},
        {R"({"workload.scale": 1})",
         "x.json: key workload.scale is unknown; allowed: operation, machine, workload, schedule, "
         "outputs; write it as {\"workload\": {\"scale\": ...}}"},
        {R"({"workload": {"mask": 5}})",
         "x.json: workload.mask is 5; allowed: an object of kind, prefix, window, sinks, block, "
         "summary, documents, tile_flags, align"},
        {R"({"workload": {"mask": {"window": -1}}})",
         "x.json: workload.mask.window is -1; allowed: a whole number, 0 to 2147483648"},
        {R"({"workload": {"mask": {"window": 2147483649}}})",
         "x.json: workload.mask.window is 2147483649; allowed: a whole number, 0 to 2147483648"},
        {R"({"workload": {"mask": {"window": 1.5}}})",
         "x.json: workload.mask.window is 1.5; allowed: a whole number, 0 to 2147483648"},
        {R"({"workload": {"mask": {"kind": "causl"}}})",
         "x.json: workload.mask.kind is \"causl\"; allowed: dense, causal, sparse, or null; did "
         "you mean causal?"},
        {R"({"workload": {"mask": {"documents": [0, 4294967296]}}})",
         "x.json: workload.mask.documents[1] is 4294967296; allowed: a whole number, 0 to "
         "4294967295"},
        {R"({"schedule": {"sentinel_offset": 32768}})",
         "x.json: schedule.sentinel_offset is 32768; allowed: a whole number, -32767 to 32767, or "
         "null"},
        {R"({"schedule": {"stack_heads": 1}})",
         "x.json: schedule.stack_heads is 1; allowed: true, false"},
        {R"({"machine": {"devices": 65}})",
         "x.json: machine.devices is 65; allowed: a whole number, 1 to 64"},
        {R"({"machine": {"devices": null}})",
         "x.json: machine.devices is null; allowed: a whole number, 1 to 64"},
        {R"({"machine": {"device": "a\u0000b"}})",
         "x.json: machine.device is \"a\\u0000b\"; allowed: a text without NUL"},
        {R"({"machine": {"settings": {"device.M": true}}})",
         "x.json: machine.settings: device.M is true; allowed: a text or a number"},
        {R"({"workload": {"scale": "1"}})",
         "x.json: workload.scale is \"1\"; allowed: a finite number, or null"},
        {R"({"workload": {"random": {"seed": 18446744073709551616}}})",
         "x.json: workload.random.seed is 18446744073709551616; allowed: a whole number, 0 to "
         "2^64 - 1"},
    };
    for (const auto& [text, message] : cases)
        compared.equal(message_of(text), std::string(message), [&text = text] { return text; });
    compared.equal(message_of("{}"), std::string());
    const Experiment e = host::read_experiment(
        "x.json", R"({"machine": {"settings": {"device.LANES": 8, "device.clock_ghz": 0.5}}})");
    compared.equal(e.machine.settings.at("device.LANES"), std::string("8"));
    compared.equal(e.machine.settings.at("device.clock_ghz"), std::string("0.5"));
}

TEST_CASE("fields that do not go together, or mean nothing here, are refused", "[experiment]") {
    Compared compared("messages");
    const auto says = [&](const std::string& text, const std::string& message) {
        const Experiment e = host::read_experiment("x.json", text);
        compared.equal(test::message_of([&] { host::check_experiment(e); }),
                       message.empty() ? "" : "experiment: " + message, [&] { return text; });
    };
    says("{}", "");
    for (const char* operation : {"attention", "gemm", "linear"})
        for (const char* source : {"random", "file", "arrays"}) {
            Experiment e = host::read_experiment(
                "x.json", R"({"operation": ")" + std::string(operation) +
                              R"(", "workload": {"source": ")" + source + R"("}})");
            const std::string message = test::message_of([&] { host::check_experiment(e); });
            compared.equal(message.empty(), std::string(source) == "random",
                           [&] { return message; });
        }
    says(R"({"operation": "gemm", "workload": {"random": {"heads": 2}}})",
         "workload.random.heads is 2; allowed: 1; others only with workload.source random and "
         "operation attention, linear");
    says(R"({"workload": {"random": {"rows": 2}}})",
         "workload.random.rows is 2; allowed: 1024; others only with workload.source random and "
         "operation gemm");
    says(R"({"workload": {"source": "file", "file": "x", "random": {"heads": 2}}})",
         "workload.random.heads is 2; allowed: 1; others only with workload.source random and "
         "operation attention, linear");
    says(R"({"operation": "gemm", "workload": {"source": "arrays", "arrays": {"b": "b.npy"}}})",
         "workload.arrays.a is missing; allowed: the name of a file");
    says(R"({"workload": {"source": "arrays", "arrays": {"q": "q", "k": "k"}}})",
         "workload.arrays.v is missing; allowed: the name of a file");
    says(R"({"outputs": {"slots": {"heads": 2}}})",
         "outputs.slots is half given; allowed: heads and layers, or neither");
    says(R"({"outputs": {"wave": "x.fst"}})",
         "outputs.wave needs machine.implementation=rtl; the model's trace is in outputs.folder");
    says(R"({"outputs": {"trace_commands": 5}})",
         "outputs.trace_commands needs outputs.folder, where trace.json goes");
    says(R"({"workload": {"batch": {"padding": "left"}}})",
         "workload.batch.padding needs workload.batch.key_lengths or workload.batch.query_lengths");
    says(R"({"workload": {"mask": {"kind": "sparse", "block": 4}}})",
         "workload.mask.kind is sparse; allowed: without workload.mask.prefix, "
         "workload.mask.window, workload.mask.sinks, workload.mask.block and "
         "workload.mask.summary; it sets the last two");
    says(R"({"schedule": {"approximation": {"rule": "hybrid", "tiles": 3}, "stack_heads": true}})",
         "schedule.approximation.rule is not possible with schedule.stack_heads; it needs "
         "workload.mask.kind dense or causal, output in fp32 and one device");
    Experiment nan;
    nan.workload.scale = std::nan("");
    compared.equal(test::message_of([&] { host::check_experiment(nan); }),
                   std::string("experiment: workload.scale is nan; allowed: a finite number, or "
                               "null"));
    Experiment none;
    none.machine.devices = 0;
    compared.equal(
        test::message_of([&] { host::check_experiment(none); }),
        std::string("experiment: machine.devices is 0; allowed: a whole number, 1 to 64"));
}
