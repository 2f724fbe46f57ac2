// SPDX-License-Identifier: MIT
// Decoders of model hubs with random weights on the device: every step within its bound of double
// precision, logits near the model in double precision throughout, a prompt in chunks as one.
#include "host/model/generation.h"

#include "host/model/model_folder.h"
#include "host/run/bytes.h"
#include "host/run/forked.h"
#include "tests/support/compared.h"
#include "tests/support/program_chain.h"
#include "tests/support/random_decoder.h"
#include "tests/support/scratch.h"

using namespace tessera;
using test::Compared;
using test::DecoderDims;
using test::Matrix;

namespace {

/// What a text leaves.
struct TextEnd {
    std::vector<uint32_t> tokens;
    std::vector<float> logits;  ///< that each new token is chosen from
    std::vector<uint64_t> cycles, rows;
    uint64_t checked = 0, outside = 0;
    std::string inexact;
};

template <typename Walker, typename End>
void walk(Walker& p, End& end) {
    p.list(end.tokens);
    p.list(end.logits);
    p.list(end.cycles);
    p.list(end.rows);
    p.value(end.checked);
    p.value(end.outside);
    p.text(end.inexact);
}

struct Text {
    std::string folder, device = "tiny";
    std::vector<uint32_t> prompt;
    host::GenerationWish wish;
    Precision precision = Precision::kExact;
    bool timing_only = false;
};

host::Bytes generate_here(const Text& text) {
    hw::PlatformConfig config = test::platform_of(text.device);
    config.timing_only = text.timing_only;
    if (text.timing_only) config.trace_commands = 0;
    host::Platform platform(config);
    host::ModelRun::Options options;
    options.check = !text.timing_only;
    TextEnd end;
    options.wanted = [](const std::string& layer) { return layer == "lm_head"; };
    options.value = [&end](const host::LayerValue& value) {
        end.logits.insert(end.logits.end(), value.numbers.begin(), value.numbers.end());
    };
    const host::ModelFolder folder = host::open_model(text.folder);
    host::ModelRun model(folder.model, folder.open_weights(),
                         {config, host::EnergyTable(), text.precision}, platform,
                         host::cache_rows(text.prompt.size(), text.wish), options);
    const host::Generation made = host::generate(model, text.prompt, text.wish, [](uint32_t) {});
    end.tokens = made.tokens;
    for (const auto* runs : {&made.prompt, &made.decoded})
        for (const host::RowsCost& run : *runs) {
            end.cycles.push_back(run.cost.cycles);
            end.rows.push_back(run.rows);
        }
    for (const host::LayerCost& layer : model.record().layers) {
        end.checked += layer.checked;
        end.outside += layer.outside;
    }
    end.inexact = model.record().inexact;
    host::Packer p;
    walk(p, end);
    return p.bytes;
}

/// In a process of its own.
TextEnd generated(const Text& text) {
    const host::Forked forked = host::run_forked([&] { return generate_here(text); });
    INFO(forked.failure);
    REQUIRE(forked.failure.empty());
    TextEnd end;
    host::Unpacker p(forked.bytes);
    walk(p, end);
    return end;
}

std::vector<DecoderDims> families() {
    DecoderDims gpt2, llama, mistral, qwen2;
    gpt2.type = "gpt2";
    gpt2.kv_heads = gpt2.heads;
    gpt2.tied = true;
    mistral.type = "mistral";
    mistral.window = 9;
    mistral.kv_heads = 1;
    qwen2.type = "qwen2";
    qwen2.window = 20;
    qwen2.tied = true;
    return {gpt2, llama, mistral, qwen2};
}

/// The rows of the exact logits from which the new tokens come.
std::vector<double> exact_rows(const test::RandomDecoder& decoder, std::vector<uint32_t> prompt,
                               const std::vector<uint32_t>& made) {
    const size_t first = prompt.size() - 1;
    prompt.insert(prompt.end(), made.begin(), made.end() - 1);
    const Matrix all = decoder.logits(prompt);
    return {all.x.begin() + static_cast<ptrdiff_t>(first * all.columns), all.x.end()};
}

}  // namespace

TEST_CASE("texts of decoders: logits near double precision, steps within their bounds") {
    auto random = test::test_random();
    Compared steps("elements of steps"), logits("logits"), tokens("tokens");
    for (const DecoderDims& dims : families())
        for (const Precision precision : {Precision::kExact, Precision::kRounded}) {
            const test::Scratch scratch;
            const test::RandomDecoder decoder(dims, random);
            decoder.write(scratch.path(), dims.window != 0);
            Text text;
            text.folder = scratch.path();
            text.device = random() % 2 == 0 ? "tiny" : "small";
            text.prompt = decoder.random_tokens(20 + random() % 30, random);
            text.wish.most = 4;
            text.precision = precision;
            const TextEnd end = generated(text);
            const auto where = [&] { return dims.type + " on " + text.device; };
            steps.add(end.checked, end.outside, where);
            const std::vector<double> exact = exact_rows(decoder, text.prompt, end.tokens);
            REQUIRE(end.logits.size() == exact.size());
            const double error = test::relative_error(end.logits, exact.data());
            const double bound = precision == Precision::kExact ? 0.01 : 0.02;
            logits.add(exact.size(), error < bound ? 0 : 1,
                       [&] { return where() + ": relative error " + std::to_string(error); });
            for (size_t i = 0; i < end.tokens.size(); ++i) {
                const auto row = end.logits.begin() + static_cast<ptrdiff_t>(i * dims.vocabulary);
                tokens.equal(end.tokens[i],
                             std::max_element(row, row + ptrdiff_t(dims.vocabulary)) - row, where);
            }
        }
}

TEST_CASE("a prompt in chunks, or its end as decoded tokens, gives the same logits bit for bit") {
    auto random = test::test_random();
    Compared logits("logits");
    for (const DecoderDims& dims : families()) {
        const test::Scratch scratch;
        const test::RandomDecoder decoder(dims, random);
        decoder.write(scratch.path());
        Text text;
        text.folder = scratch.path();
        text.prompt = decoder.random_tokens(30 + random() % 40, random);
        text.wish.most = 3;
        const TextEnd whole = generated(text);
        text.wish.chunk = static_cast<uint32_t>(1 + random() % 20);
        const TextEnd chunks = generated(text);
        const auto where = [&] {
            return dims.type + " in chunks of " + std::to_string(text.wish.chunk);
        };
        REQUIRE(whole.logits.size() == chunks.logits.size());
        for (size_t i = 0; i < whole.logits.size(); ++i)
            logits.equal(chunks.logits[i], whole.logits[i], where);
        // The first new tokens as part of a longer prompt.
        text.prompt.insert(text.prompt.end(), whole.tokens.begin(), whole.tokens.end() - 1);
        text.wish.chunk = 0;
        text.wish.most = 1;
        const TextEnd longer = generated(text);
        REQUIRE(longer.logits.size() == dims.vocabulary);
        const size_t last = whole.logits.size() - dims.vocabulary;
        for (size_t i = 0; i < dims.vocabulary; ++i)
            logits.equal(longer.logits[i], whole.logits[last + i], where);
    }
}

TEST_CASE("only the time of a text is simulated: the cycles are those with data") {
    auto random = test::test_random();
    Compared cycles("cycles of runs");
    for (const DecoderDims& dims : families()) {
        const test::Scratch scratch;
        const test::RandomDecoder decoder(dims, random);
        decoder.write(scratch.path());
        Text text;
        text.folder = scratch.path();
        text.prompt = decoder.random_tokens(25, random);
        text.wish.most = 6;
        text.wish.chunk = 10;
        const TextEnd data = generated(text);
        text.timing_only = true;
        const TextEnd time = generated(text);
        REQUIRE(data.cycles.size() == time.cycles.size());
        for (size_t i = 0; i < data.cycles.size(); ++i)
            cycles.equal(time.cycles[i], data.cycles[i], [&] { return dims.type; });
        cycles.equal(data.rows, std::vector<uint64_t>{10, 10, 5, 1, 1, 1, 1, 1});
    }
}
