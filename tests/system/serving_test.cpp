// SPDX-License-Identifier: MIT
// Many texts on one device: caches in pages give the bits of caches in one piece, and every text of
// a batch has the tokens that it has alone.
#include "host/model/serving.h"

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

namespace {

DecoderDims dims_of(const std::string& type) {
    DecoderDims dims;
    dims.type = type;
    dims.tied = dims.gpt2();
    if (dims.gpt2()) dims.kv_heads = dims.heads;
    if (type == "mistral") dims.window = 11;
    return dims;
}

/// Runs `body` with a model of the folder, in a process of its own. All steps are checked: what
/// is outside its bound is in front of what the body returns.
template <typename Body>
std::vector<float> on_device(const std::string& path, const host::CacheShape& cache, Body&& body) {
    const host::Forked forked = host::run_forked([&] {
        const hw::PlatformConfig config = test::platform_of("tiny");
        host::Platform platform(config);
        host::ModelRun::Options options;
        options.check = true;
        const host::ModelFolder folder = host::open_model(path);
        host::ModelRun model(folder.model, folder.open_weights(),
                             {config, host::EnergyTable(), Precision::kExact}, platform, cache,
                             options);
        std::vector<float> numbers = body(model);
        uint64_t outside = 0;
        for (const host::LayerCost& layer : model.record().layers) outside += layer.outside;
        numbers.insert(numbers.begin(), static_cast<float>(outside));
        host::Packer p;
        p.list(numbers);
        return p.bytes;
    });
    INFO(forked.failure);
    REQUIRE(forked.failure.empty());
    std::vector<float> numbers;
    host::Unpacker p(forked.bytes);
    p.list(numbers);
    return numbers;
}

/// Logits of the last token, then all tokens.
std::vector<float> text_of(host::ModelRun& model, const std::vector<uint32_t>& prompt,
                           const host::GenerationWish& wish) {
    const host::Generation made = host::generate(model, prompt, wish, [](uint32_t) {});
    std::vector<float> numbers = model.output("logits");
    numbers.insert(numbers.end(), made.tokens.begin(), made.tokens.end());
    return numbers;
}

}  // namespace

TEST_CASE("caches in pages give the logits and tokens of caches in one piece, bit for bit") {
    auto random = test::test_random();
    Compared numbers("logits and tokens");
    for (const char* type : {"gpt2", "llama", "mistral"}) {
        const test::Scratch folder;
        const test::RandomDecoder decoder(dims_of(type), random);
        decoder.write(folder.path());
        const std::vector<uint32_t> prompt = decoder.random_tokens(20 + random() % 30, random);
        host::GenerationWish wish;
        wish.most = 6;
        wish.chunk = static_cast<uint32_t>(5 + random() % 20);
        const uint64_t rows = host::cache_rows(prompt.size(), wish);
        const auto text = [&](host::ModelRun& model) { return text_of(model, prompt, wish); };
        const std::vector<float> whole = on_device(folder.path(), rows, text);
        for (const uint32_t page : {1u, 3u, 16u, 20u}) {
            const auto count = static_cast<uint32_t>(rows / page + 3);
            wish.pages.resize(count);
            for (uint32_t i = 0; i < count; ++i) wish.pages[i] = i;
            std::shuffle(wish.pages.begin(), wish.pages.end(), random);
            const std::vector<float> paged =
                on_device(folder.path(), {uint64_t{count} * page, page}, text);
            REQUIRE(paged.size() == whole.size());
            for (size_t i = 0; i < whole.size(); ++i)
                numbers.equal(paged[i], whole[i], [&] {
                    return std::string(type) + ", pages of " + std::to_string(page);
                });
        }
    }
}

TEST_CASE("texts that join and leave a batch have the tokens that they have alone") {
    auto random = test::test_random();
    Compared tokens("tokens of texts"), bounds("models");
    constexpr size_t kTexts = 32;
    for (const char* type : {"gpt2", "mistral"}) {
        const test::Scratch folder;
        const test::RandomDecoder decoder(dims_of(type), random);
        decoder.write(folder.path());
        std::vector<host::Request> requests(kTexts);
        uint64_t arrival = 0;
        for (host::Request& request : requests) {
            request.arrival = arrival += random() % 200000;
            request.prompt = decoder.random_tokens(1 + random() % 40, random);
            request.most = static_cast<uint32_t>(1 + random() % 8);
        }
        std::vector<std::vector<float>> alone;
        alone.reserve(kTexts);
        for (const host::Request& request : requests)
            alone.push_back(on_device(folder.path(), 64, [&](host::ModelRun& model) {
                host::GenerationWish wish;
                wish.most = request.most;
                const auto made =
                    host::generate(model, request.prompt, wish, [](uint32_t) {}).tokens;
                return std::vector<float>(made.begin(), made.end());
            }));
        for (const auto policy : {host::ServePolicy::kPrefillFirst, host::ServePolicy::kDecodeFirst,
                                  host::ServePolicy::kMixed}) {
            const host::CacheShape cache(40 * 8, 8);
            const std::vector<float> served =
                on_device(folder.path(), cache, [&](host::ModelRun& model) {
                    host::ServeWish wish;
                    wish.policy = policy;
                    wish.texts = 7;
                    wish.chunk = 30;
                    wish.cache = cache;
                    std::vector<float> all;
                    for (const host::Served& one :
                         host::serve(model, requests, wish, [](const host::Served&) {}).requests)
                        all.insert(all.end(), one.tokens.begin(), one.tokens.end());
                    return all;
                });
            bounds.equal(served[0], 0.0f);
            size_t at = 1;
            for (size_t i = 0; i < kTexts; ++i)
                for (size_t t = 1; t < alone[i].size(); ++t, ++at)
                    tokens.equal(served.at(at), alone[i][t],
                                 [&] { return std::string(type) + ", text " + std::to_string(i); });
            REQUIRE(at == served.size());
        }
    }
}

TEST_CASE("each run of a service follows its policy, and no page has two texts") {
    auto random = test::test_random();
    Compared runs("runs"), requests_seen("requests");
    const test::Scratch folder;
    const test::RandomDecoder decoder(dims_of("llama"), random);
    decoder.write(folder.path());
    std::vector<host::Request> requests(12);
    uint64_t arrival = 0;
    for (host::Request& request : requests) {
        request.arrival = arrival += random() % 300000;
        request.prompt = decoder.random_tokens(1 + random() % 30, random);
        request.most = static_cast<uint32_t>(1 + random() % 6);
    }
    for (const auto policy : {host::ServePolicy::kPrefillFirst, host::ServePolicy::kDecodeFirst,
                              host::ServePolicy::kMixed}) {
        hw::PlatformConfig config = test::platform_of("tiny");
        config.timing_only = true;
        config.trace_commands = 0;
        const host::CacheShape cache(20 * 4, 4);
        const host::Forked forked = host::run_forked([&] {
            host::Platform platform(config);
            const host::ModelFolder opened = host::open_model(folder.path());
            host::ModelRun model(opened.model, opened.open_weights(),
                                 {config, host::EnergyTable(), Precision::kExact}, platform, cache,
                                 {});
            host::ServeWish wish;
            wish.policy = policy;
            wish.texts = 4;
            wish.chunk = 16;
            wish.cache = cache;
            const host::ServeRecord record =
                host::serve(model, requests, wish, [](const host::Served&) {});
            std::vector<uint64_t> all;
            for (const host::ServeRun& run : record.runs)
                all.insert(all.end(), {run.begin, run.prompt_rows, run.decode_rows, run.pages,
                                       run.cost.cycles});
            for (const host::Served& one : record.requests)
                all.insert(all.end(), {one.arrival, one.admitted, one.first_token, one.end,
                                       one.tokens.size()});
            host::Packer p;
            p.list(all);
            return p.bytes;
        });
        INFO(forked.failure);
        REQUIRE(forked.failure.empty());
        std::vector<uint64_t> all;
        host::Unpacker p(forked.bytes);
        p.list(all);
        const size_t first = all.size() - 5 * requests.size();
        uint64_t end = 0, prompt_rows = 0, decode_rows = 0;
        for (size_t at = 0; at < first; at += 5) {
            const uint64_t prompts = all[at + 1], tokens = all[at + 2];
            const bool apart = policy == host::ServePolicy::kMixed || prompts == 0 || tokens == 0;
            runs.holds(all[at] >= end && prompts <= 16 && tokens <= 4 && prompts + tokens > 0 &&
                           all[at + 3] <= 20 && apart,
                       [&] { return "run " + std::to_string(at / 5); });
            end = all[at] + all[at + 4];
            prompt_rows += prompts;
            decode_rows += tokens;
        }
        for (size_t i = 0; i < requests.size(); ++i) {
            const uint64_t* one = &all[first + 5 * i];
            requests_seen.holds(one[0] == requests[i].arrival && one[1] >= one[0] &&
                                    one[2] > one[1] && one[3] >= one[2] &&
                                    one[4] == requests[i].most,
                                [&] { return "request " + std::to_string(i); });
            prompt_rows -= requests[i].prompt.size();
            decode_rows -= requests[i].most - 1;
        }
        runs.equal(prompt_rows, uint64_t{0});
        runs.equal(decode_rows, uint64_t{0});
    }
}
