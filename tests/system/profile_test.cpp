// SPDX-License-Identifier: MIT
// What `tessera profile` foretells of decoders against runs of the same shapes: cycles within fixed
// bounds, calls and bytes and multiply-adds equal.
#include "host/model/profile.h"

#include <cmath>

#include "host/config/config.h"
#include "host/error.h"
#include "host/model/generation.h"
#include "host/run/bytes.h"
#include "host/run/forked.h"
#include "tests/support/compared.h"
#include "tests/support/program_chain.h"
#include "tests/support/random_decoder.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;
using test::DecoderDims;

namespace {

/// Of the cycles of a graph's layers together.
constexpr double kIdealBound = 0.03, kDramBound = 0.05;

struct Case {
    DecoderDims dims;
    std::string device, memory;
    uint32_t tokens = 0, chunk = 0;
    Precision precision = Precision::kExact;

    std::string name() const {
        return dims.type + " of " + std::to_string(dims.heads) + " heads of " +
               std::to_string(dims.head) + " on " + device + ", " + memory + ", " +
               std::to_string(tokens) + " tokens, chunk " + std::to_string(chunk);
    }
};

/// A layer in a phase, or all of them.
struct Took {
    std::string layer;
    uint64_t cycles = 0, calls = 0, bytes = 0, processor_bytes = 0;
    double macs = 0;

    void add(const host::LayerCost& cost) {
        cycles += cost.cost.cycles;
        calls += cost.cost.calls;
        bytes += cost.cost.bytes;
        processor_bytes += cost.cost.processor_bytes;
        macs += cost.macs;
    }
};
struct Phase {
    std::vector<Took> layers;

    void add(const host::LayerCost& cost) {
        for (Took& layer : layers)
            if (layer.layer == cost.layer) return layer.add(cost);
        layers.push_back({cost.layer});
        layers.back().add(cost);
    }
    Took sum() const {
        Took sum;
        for (const Took& layer : layers) {
            sum.cycles += layer.cycles;
            sum.calls += layer.calls;
            sum.bytes += layer.bytes;
            sum.processor_bytes += layer.processor_bytes;
            sum.macs += layer.macs;
        }
        return sum;
    }
};

template <typename Walker>
void walk(Walker& p, Phase& phase) {
    uint64_t count = phase.layers.size();
    p.value(count);
    phase.layers.resize(count);
    for (Took& layer : phase.layers) {
        p.text(layer.layer);
        p.value(layer.cycles);
        p.value(layer.calls);
        p.value(layer.bytes);
        p.value(layer.processor_bytes);
        p.value(layer.macs);
    }
}

host::DecoderShape shape_of(const DecoderDims& dims) {
    std::mt19937_64 random;  // of weights that nobody looks at
    return host::read_decoder_shape("config.json",
                                    test::RandomDecoder(dims, random).config().dump());
}

host::ModelMachine machine_of(const Case& c) {
    host::ModelMachine machine;
    const std::string memory = c.memory;
    machine.platform = host::resolve_config(c.device, memory, {}).platform;
    machine.platform.timing_only = true;
    machine.platform.trace_commands = 0;
    machine.precision = c.precision;
    return machine;
}

/// Every step simulated, of a prompt and one more token.
std::vector<Phase> simulated(const Case& c) {
    const host::DecoderShape shape = shape_of(c.dims);
    const auto work = [&] {
        const host::ModelMachine machine = machine_of(c);
        host::Platform platform(machine.platform);
        const host::Decoder decoder = host::make_decoder(shape, "");
        host::ModelRun::Options options;
        options.step_times = false;
        host::ModelRun model(decoder.model,
                             host::ModelWeights("shapes", decoder.tensors, decoder.computed),
                             machine, platform, c.tokens + 1, options);
        host::GenerationWish wish;
        wish.most = 2;
        wish.chunk = c.chunk;
        host::generate(model, std::vector<uint32_t>(c.tokens), wish, [](uint32_t) {});
        Phase prefill, decode;
        for (const host::LayerCost& layer : model.record().layers)
            (layer.graph == host::kDecodeGraph ? decode : prefill).add(layer);
        host::Packer p;
        walk(p, prefill);
        walk(p, decode);
        return p.bytes;
    };
    const host::Forked forked = host::run_forked(work, 300);
    INFO(c.name() << ": " << forked.failure);
    REQUIRE(forked.failure.empty());
    std::vector<Phase> phases(2);
    host::Unpacker p(forked.bytes);
    for (Phase& phase : phases) walk(p, phase);
    return phases;
}

std::vector<Phase> foretold(const Case& c) {
    host::Profiler profiler(shape_of(c.dims), machine_of(c));
    const auto both = profiler.profile(c.tokens, c.chunk);
    std::vector<Phase> phases;
    for (const host::PhaseProfile* profile : {&both.first, &both.second}) {
        phases.emplace_back();
        for (const host::LayerProfile& layer : profile->layers) phases.back().add(layer.layer);
    }
    return phases;
}

/// What was compared, and the largest error.
struct Judged {
    Compared cycles{"sums of cycles of graphs"}, exact{"calls, bytes and multiply-adds of layers"};
    double worst = 0;
    std::string where = "none";
    uint64_t equal = 0, layers = 0;

    void judge(const Case& c) {
        const std::vector<Phase> ran = simulated(c), said = foretold(c);
        const double bound = c.memory == "ideal" ? kIdealBound : kDramBound;
        for (size_t i = 0; i < ran.size(); ++i) {
            const auto phase = [&] { return c.name() + (i == 0 ? ", prefill" : ", decode"); };
            const auto a = static_cast<double>(said[i].sum().cycles);
            const auto b = static_cast<double>(ran[i].sum().cycles);
            const double error = std::fabs(a - b) / b;
            cycles.holds(error <= bound, [&] {
                return phase() + ": " + std::to_string(a) + " foretold, " + std::to_string(b);
            });
            if (error > worst) {
                worst = error;
                where = phase();
            }
            REQUIRE(said[i].layers.size() == ran[i].layers.size());
            for (size_t j = 0; j < ran[i].layers.size(); ++j) {
                const Took &x = said[i].layers[j], &y = ran[i].layers[j];
                const auto at = [&] { return phase() + ", " + y.layer; };
                exact.equal(x.layer, y.layer, at);
                exact.equal(x.calls, y.calls, at);
                exact.equal(x.bytes, y.bytes, at);
                exact.equal(x.processor_bytes, y.processor_bytes, at);
                exact.equal(x.macs, y.macs, at);
                exact.holds(x.cycles != 0 && x.cycles < uint64_t{1} << 40, at);
                equal += x.cycles == y.cycles;
                ++layers;
            }
        }
    }
    ~Judged() {
        WARN("largest error of a sum: " << 100 * worst << " %, " << where << "; " << equal << " of "
                                        << layers << " layers equal to the cycle");
    }
};

DecoderDims random_dims(std::mt19937_64& random, size_t most_head) {
    const auto from = [&](size_t low, size_t high) { return low + random() % (high - low + 1); };
    DecoderDims dims;
    const char* const kTypes[] = {"gpt2", "llama", "mistral", "qwen2"};
    dims.type = kTypes[random() % 4];
    dims.layers = from(1, 3);
    dims.kv_heads = from(1, 3);
    dims.heads = dims.kv_heads * (dims.gpt2() ? 1 : from(1, 3));
    dims.head = 2 * from(2, most_head / 2);
    dims.hidden = from(8, 90);
    dims.vocabulary = from(20, 200);
    dims.positions = 4096;
    dims.window = dims.type == "mistral" || dims.type == "qwen2" ? from(1, 200) : 0;
    dims.tied = random() % 2 == 0;
    return dims;
}

Case random_case(const std::string& device, const std::string& memory, std::mt19937_64& random) {
    Case c;
    c.device = device;
    c.memory = memory;
    c.dims = random_dims(random, device == "tiny" ? 16 : 64);
    c.tokens = static_cast<uint32_t>(1 + random() % 300);
    c.chunk = random() % 2 == 0 ? 0 : static_cast<uint32_t>(1 + random() % c.tokens);
    c.precision = random() % 2 == 0 ? Precision::kExact : Precision::kRounded;
    return c;
}

}  // namespace

TEST_CASE("profiles of small decoders: cycles within 3 % on ideal, calls and bytes equal") {
    auto random = test::test_random();
    Judged judged;
    for (size_t i = 0; i < 20; ++i)
        for (const char* device : {"tiny", "small"})
            judged.judge(random_case(device, "ideal", random));
}

TEST_CASE("profiles of small decoders: cycles within 5 % on a DRAM, calls and bytes equal") {
    auto random = test::test_random();
    Judged judged;
    for (size_t i = 0; i < 20; ++i) {
        judged.judge(random_case("tiny", "ddr4-2400r", random));
        judged.judge(random_case("small", i % 2 == 0 ? "ddr4-3200" : "hbm2-2000-8ch", random));
    }
}

TEST_CASE("profiles of long prompts: attentions and products are continued from shorter ones") {
    auto random = test::test_random();
    Judged judged;
    for (const char* memory : {"ideal", "ddr4-2400r"})
        for (const bool window : {false, true}) {
            Case c;
            c.device = "tiny";
            c.memory = memory;
            c.dims.type = window ? "mistral" : "llama";
            c.dims.layers = 1;
            c.dims.heads = 6;
            c.dims.positions = 8192;
            c.dims.window = window ? 500 : 0;
            c.tokens = static_cast<uint32_t>(2500 + random() % 1000);
            c.chunk = window ? 0 : 1200;
            judged.judge(c);
        }
}

TEST_CASE("profiles of larger decoders on base") {
    Judged judged;
    Case gpt2, qwen2;
    gpt2.dims.type = "gpt2";
    gpt2.dims.layers = 1;
    gpt2.dims.heads = gpt2.dims.kv_heads = 12;
    gpt2.dims.head = 64;
    gpt2.dims.hidden = 3072;
    gpt2.dims.vocabulary = 4000;
    gpt2.dims.positions = 2048;
    gpt2.device = qwen2.device = "base";
    gpt2.memory = "ideal";
    gpt2.tokens = 1100;
    judged.judge(gpt2);
    qwen2.dims.type = "qwen2";
    qwen2.dims.layers = 1;
    qwen2.dims.heads = 14;
    qwen2.dims.kv_heads = 2;
    qwen2.dims.head = 64;
    qwen2.dims.hidden = 1200;
    qwen2.dims.vocabulary = 3000;
    qwen2.dims.positions = 4096;
    qwen2.memory = "hbm2-2000-8ch";
    qwen2.tokens = 800;
    qwen2.chunk = 500;
    qwen2.precision = Precision::kRounded;
    judged.judge(qwen2);
}

TEST_CASE("weights of shapes alone have shapes and no elements") {
    const host::ModelWeights weights("shapes", {{"a.weight", {3, 5}}, {"a.bias", {5}}},
                                     {{"f", {1, 2}}});
    Compared facts("facts");
    facts.equal(weights.matrix_shape("a").rows, 3u);
    facts.equal(weights.matrix_shape("a").columns, 5u);
    facts.equal(weights.scales("a", 5).size(), 0u);
    facts.equal(weights.row("f", 2), std::vector<float>{1, 2});
    CHECK_THROWS_AS(weights.matrix("a"), std::logic_error);
    CHECK_THROWS_AS(weights.row("a.bias", 5), std::logic_error);
    CHECK_THROWS_AS(weights.matrix_shape("b"), host::UserError);
}
