// SPDX-License-Identifier: MIT
// Every mistake of an experiment has a field that decides: Error::field() names it.
#include <functional>

#include "host/library/point.h"
#include "include/tessera/tessera.h"
#include "tests/support/run_tessera.h"
#include "tests/support/tensor_file.h"

using namespace tessera;
using test::Compared;
using test::contains;

namespace {

struct Mistake {
    const char* field;
    const char* part;  ///< of the message
    std::function<void(Experiment&)> make;
};

std::vector<Mistake> mistakes_of_machines() {
    return {
        {"machine.device", "none.json: cannot open",
         [](Experiment& e) { e.machine.device = "none.json"; }},
        {"machine.memory", "none.json: cannot open",
         [](Experiment& e) { e.machine.memory = "none.json"; }},
        {"machine.memory", "not enough memory: the problem needs",
         [](Experiment& e) { e.workload.random.tokens = 1'000'000'000; }},
        {"machine.memory", "not enough memory: tensor q has 2000000000 blocks", [](Experiment& e) {
             e.workload.random.heads = 2'000'000'000;
             e.workload.random.tokens = 1'000'000'000;
         }}};
}

std::vector<Mistake> mistakes_of_shapes() {
    return {
        {"workload.random.dimension", "q, k: d_k is 80; device tiny allows at most D = 16",
         [](Experiment& e) { e.workload.random.dimension = 80; }},
        {"workload.random.value_dimension", "v: d_v is 80; device tiny allows at most D = 16",
         [](Experiment& e) { e.workload.random.value_dimension = 80; }},
        {"workload.random.key_value_heads", "q has 3 heads and k has 2",
         [](Experiment& e) {
             e.workload.random.heads = 3;
             e.workload.random.key_value_heads = 2;
         }},
        {"workload.random.tokens", "q has 2147483647 and k has 9 tokens",
         [](Experiment& e) {
             e.workload.random.tokens = 2147483647;
             e.workload.random.key_tokens = 9;
         }},
        {"workload.random.key_tokens", "q has 9 and k has 2147483647 tokens", [](Experiment& e) {
             e.workload.random.tokens = 9;
             e.workload.random.key_tokens = 2147483647;
         }}};
}

std::vector<Mistake> mistakes_of_files(const test::Scratch& files) {
    const std::string q = files / "q.npy", wide = files / "wide.npy";
    test::write_matrix(q, 2, 4, std::vector<float>(8));
    test::write_matrix(wide, 2, 17, std::vector<float>(34));
    const auto arrays = [](const std::string& a, const std::string& b, const std::string& c) {
        return [=](Experiment& e) {
            e.workload.source = Source::kArrays;
            e.workload.arrays = {a, b, c, "", ""};
        };
    };
    const std::string none = files / "none.npy";
    return {{"workload.file", "none.npy: cannot open",
             [none](Experiment& e) {
                 e.workload.source = Source::kFile;
                 e.workload.file = none;
             }},
            {"workload.arrays.q", "none.npy: cannot open", arrays(none, q, q)},
            {"workload.arrays.k", "none.npy: cannot open", arrays(q, none, q)},
            {"workload.arrays.k", "the last dimensions must be equal", arrays(q, wide, wide)},
            {"workload.arrays.q", "q, k: d_k is 17", arrays(wide, wide, wide)},
            {"workload.arrays.v", "v: d_v is 17", arrays(q, q, wide)},
            {"workload.mask.tile_flags", "none.npy: cannot open",
             [none](Experiment& e) { e.workload.mask.tile_flags = none; }}};
}

std::vector<Mistake> mistakes_of_operations() {
    const auto linear = [](uint64_t dimension, std::optional<uint64_t> values) {
        return [=](Experiment& e) {
            e.operation = OperationKind::kLinear;
            e.workload.random.dimension = dimension;
            e.workload.random.value_dimension = values;
        };
    };
    const auto gemm = [](uint64_t rows, const char* profile) {
        return [=](Experiment& e) {
            e.operation = OperationKind::kGemm;
            e.workload.random = {};
            e.workload.random.rows = rows;
            e.workload.random.inner = rows;
            e.machine.settings["device.profile"] = profile;
        };
    };
    const auto blocks = [](uint64_t inner, uint64_t columns, GemmForm form) {
        return [=](Experiment& e) {
            e.operation = OperationKind::kGemm;
            e.workload.random = {};
            e.workload.inner_block = inner;
            e.workload.column_block = columns;
            e.workload.form = form;
        };
    };
    return {
        {"workload.inner_block", "a block of k has 17 columns; allowed: 1 to 16",
         blocks(17, 0, GemmForm::kRows)},
        {"workload.inner_block", "with form columns: multiples of 8",
         blocks(12, 0, GemmForm::kColumns)},
        {"workload.column_block", "a block of c has 17 columns; allowed: 1 to 16",
         blocks(0, 17, GemmForm::kRows)},
        {"workload.inner_block", "a block of k has 17 columns; allowed: 1 to 16",
         blocks(17, 0, GemmForm::kAuto)},
        {"workload.form", "rounds sums to bf16", blocks(0, 0, GemmForm::kScores)},
        {"workload.random.dimension", "dimension of v is 16; allowed: at most 15",
         linear(16, std::nullopt)},
        {"workload.random.value_dimension", "dimension of v is 16; allowed: at most 15",
         linear(8, 16)},
        {"workload.random.dimension", "dimension of q is 17", linear(17, 8)},
        {"workload.random.inner", "inner dimension is 1024", gemm(1024, "stats")},
        {"machine.memory", "not enough memory: tensor a has 134217728 blocks of 2147483647 rows",
         gemm(2147483647, "stateful")}};
}

}  // namespace

TEST_CASE("every mistake names the field that decides") {
    Compared compared("parts of errors");
    const test::Scratch files;
    for (const auto& mistakes : {mistakes_of_machines(), mistakes_of_shapes(),
                                 mistakes_of_files(files), mistakes_of_operations()})
        for (const Mistake& mistake : mistakes) {
            Experiment e;
            e.machine.device = "tiny";
            e.workload.random.dimension = 8;
            e.outputs.timing_only = true;
            mistake.make(e);
            if (e.workload.source != Source::kRandom) e.workload.random = {};
            try {
                run(e);
                compared.holds(false, [&] { return mistake.part; });
            } catch (const Error& error) {
                compared.equal(error.field(), std::string(mistake.field),
                               [&] { return error.what(); });
                compared.holds(contains(error.what(), mistake.part), [&] { return error.what(); });
            }
        }
}

TEST_CASE("too little memory on this computer: only what is not yet given is advised") {
    Compared compared("messages");
    compared.equal(host::out_of_host_memory(true).text(),
                   std::string("out of host memory; try a smaller problem, or "
                               "`outputs.timing_only`"));
    compared.equal(host::out_of_host_memory(false).text(),
                   std::string("out of host memory; try a smaller problem"));
}
