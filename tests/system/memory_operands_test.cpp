// SPDX-License-Identifier: MIT
// Operands in the caller's memory: the same bits, cycles and messages as from a file.
#include <cstring>
#include <random>

#include "host/io/safetensors.h"
#include "include/tessera/tessera.h"
#include "tests/support/compared.h"
#include "tests/support/error_of.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;
using test::error_of;

namespace {

constexpr uint64_t kHeads = 2, kTokens = 40, kDimension = 8;

struct Tensors {
    std::vector<float> q, k, v;
};

Tensors random_tensors() {
    std::mt19937_64 random = test::test_random();
    std::normal_distribution<float> normal;
    Tensors tensors;
    for (auto* values : {&tensors.q, &tensors.k, &tensors.v}) {
        values->resize(kHeads * kTokens * kDimension);
        for (float& x : *values) x = normal(random);
    }
    return tensors;
}

Experiment from_memory(const Tensors& tensors) {
    Experiment e;
    e.machine.device = "tiny";
    e.workload.source = Source::kMemory;
    const std::vector<uint64_t> shape = {kHeads, kTokens, kDimension};
    e.workload.operands.q = {tensors.q.data(), shape};
    e.workload.operands.k = {tensors.k.data(), shape};
    e.workload.operands.v = {tensors.v.data(), shape};
    return e;
}

Experiment from_file(const Tensors& tensors, const std::string& path) {
    const std::vector<uint64_t> shape = {kHeads, kTokens, kDimension};
    host::SafetensorsWriter writer(path,
                                   {{"q", host::Dtype::kF32, shape},
                                    {"k", host::Dtype::kF32, shape},
                                    {"v", host::Dtype::kF32, shape}},
                                   {});
    writer.write("q", 0, tensors.q.data(), tensors.q.size());
    writer.write("k", 0, tensors.k.data(), tensors.k.size());
    writer.write("v", 0, tensors.v.data(), tensors.v.size());
    writer.commit();
    Experiment e;
    e.machine.device = "tiny";
    e.workload.source = Source::kFile;
    e.workload.file = path;
    return e;
}

void compare(Compared& compared, const Report& a, const Report& b, const char* tensor) {
    const std::vector<float>&x = a.tensor(tensor).values, &y = b.tensor(tensor).values;
    compared.equal(x.size(), y.size());
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i)
        compared.equal(std::memcmp(&x[i], &y[i], sizeof x[i]), 0);
    compared.equal(a.figure("counters.cycles").value, b.figure("counters.cycles").value);
}

}  // namespace

TEST_CASE("attention of tensors in memory is that of a file") {
    Compared compared("elements, and cycles");
    const test::Scratch folder;
    const Tensors tensors = random_tensors();
    const Experiment memory = from_memory(tensors);
    const Report from = run(from_file(tensors, folder / "x.safetensors"));
    compare(compared, run(memory), from, "o");
    compared.equal(predict(memory).cycles,
                   predict(from_file(tensors, folder / "y.safetensors")).cycles);

    // The same numbers in another type. bf16: the upper halves of numbers that are no others.
    Tensors coarse = tensors;
    std::vector<uint16_t> upper[3];
    std::vector<double> wide[3];
    std::vector<float>* const all[] = {&coarse.q, &coarse.k, &coarse.v};
    for (int i = 0; i < 3; ++i)
        for (float& x : *all[i]) {
            uint32_t bits = 0;
            std::memcpy(&bits, &x, sizeof bits);
            bits &= 0xffff0000u;
            std::memcpy(&x, &bits, sizeof bits);
            upper[i].push_back(static_cast<uint16_t>(bits >> 16));
            wide[i].push_back(x);
        }
    const Report rounded = run(from_memory(coarse));
    Experiment other = from_memory(coarse);
    Experiment::Operand* const operands[] = {&other.workload.operands.q, &other.workload.operands.k,
                                             &other.workload.operands.v};
    for (int i = 0; i < 3; ++i) {
        operands[i]->data = upper[i].data();
        operands[i]->type = ElementType::kBf16;
    }
    compare(compared, run(other), rounded, "o");
    for (int i = 0; i < 3; ++i) {
        operands[i]->data = wide[i].data();
        operands[i]->type = ElementType::kF64;
    }
    compare(compared, run(other), rounded, "o");
}

TEST_CASE("a gemm of matrices in memory is that of its definition") {
    Compared compared("elements");
    std::mt19937_64 random = test::test_random();
    std::vector<float> a(20 * 30), b(30 * 10);
    // Small whole numbers: every sum is exact.
    for (float& x : a) x = static_cast<float>(random() % 9) - 4;
    for (float& x : b) x = static_cast<float>(random() % 9) - 4;
    Experiment e;
    e.operation = OperationKind::kGemm;
    e.machine.device = "tiny";
    e.workload.source = Source::kMemory;
    e.workload.operands.a = {a.data(), {20, 30}};
    e.workload.operands.b = {b.data(), {30, 10}};
    const Report report = run(e);
    const std::vector<float>& c = report.tensor("c").values;
    for (size_t i = 0; i < 20; ++i)
        for (size_t j = 0; j < 10; ++j) {
            float sum = 0;
            for (size_t k = 0; k < 30; ++k) sum += a[i * 30 + k] * b[k * 10 + j];
            compared.equal(c.at(i * 10 + j), sum);
        }
    e.workload.operands.b.shape = {10, 30};
    compared.equal(error_of([&] { run(e); }).field(), "workload.operands.b");
}

TEST_CASE("mistakes in operands name them") {
    Compared messages("messages");
    const Tensors tensors = random_tensors();
    const Experiment good = from_memory(tensors);
    const auto refused = [&](Experiment e, const char* field, const char* part) {
        const Error error = error_of([&] { run(e); });
        messages.equal(error.code(), ErrorCode::kUser);
        messages.equal(error.field(), field);
        messages.holds(
            error.what() != nullptr && std::string(error.what()).find(part) != std::string::npos,
            [&] { return error.what(); });
    };
    Experiment e = good;
    e.workload.operands.v.data = nullptr;
    refused(e, "workload.operands.v", "is missing");
    e = good;
    e.workload.operands.a = good.workload.operands.q;
    refused(e, "workload.operands.a", "q, k and v with others");
    e = good;
    e.workload.source = Source::kRandom;
    refused(e, "workload.operands.q", "workload.source=memory");
    e = good;
    e.workload.operands.k.shape = {kHeads, kTokens, kDimension / 2};
    refused(e, "workload.operands.k", "the last dimensions must be equal");
    e = good;
    e.workload.operands.q.shape = {1ull << 40, 1ull << 40, 1};
    refused(e, "workload.operands.q", "what memory holds");
    // JSON has all but the tensors.
    const Experiment again = experiment_of(json_of(good));
    messages.equal(json_of(again), json_of(good));
    refused(again, "workload.operands.q", "only a program can give");
    const Error error = error_of([] { experiment_of(R"({"workload": {"mask": {"windw": 3}}})"); });
    messages.equal(error.field(), "workload.mask.windw");
    messages.holds(std::string(error.what()).find("did you mean window?") != std::string::npos,
                   [&] { return error.what(); });
}
