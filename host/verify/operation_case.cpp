// SPDX-License-Identifier: MIT
// Random gemms and linear attention through the firmware.
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <random>
#include <stdexcept>

#include "firmware/gemm/gemm_sequencer.h"
#include "firmware/linear/linear_sequencer.h"
#include "firmware/plan/tiles.h"
#include "firmware/runner/runner.h"
#include "host/operation/operation.h"
#include "host/verify/case.h"
#include "host/verify/command_words.h"
#include "host/verify/golden_check.h"
#include "host/verify/tensor_image.h"

namespace tessera::verify {
namespace {

using Random = std::mt19937_64;

/// Of a tensor's head, beats counted as full: jobs fit the data memory of machines.
constexpr uint32_t kMaxElements = 12288;

uint32_t most_rows(const spec::DeviceParams& params) {
    return kMaxElements / std::max(params.d, params.bus_bytes / 2);
}

uint32_t up_to(Random& random, uint64_t most) { return static_cast<uint32_t>(1 + random() % most); }

/// The case of a job whose sequencer is `sequencer`. Reference: the golden device on its commands,
/// every byte of memory.
template <typename Job, typename Sequencer>
Case case_of(const std::shared_ptr<const Job>& job, Sequencer sequencer, std::string name,
             Random& random, const spec::DeviceParams& params, const TensorImage& image) {
    const auto s = std::make_shared<Scenario>();
    s->platform = machine_config(params);
    if (image.bytes().size() > kDataBytes)
        throw std::logic_error(name + ": larger than the machine's data memory");
    s->image = image.bytes();
    s->image.resize(kDataBytes);
    hw::MemoryConfig& memory = s->platform.memory;
    if (random() % 2 == 0)
        memory.stall = {random(), static_cast<uint32_t>(random() % 300), up_to(random, 16)};
    const std::vector<spec::Command> commands = host::commands_of(sequencer);
    for (const spec::Command& c : commands)
        if (c.opcode != spec::Opcode::kFence) s->commands.push_back(c);  // its record is elsewhere
    Case c;
    c.name = std::move(name);
    c.platform = s->platform;
    c.memory_bytes = kDataBytes;
    c.words = command_words(commands);
    const uint32_t ring = 4u << random() % 5;
    c.body = [s, job, ring](Machine& machine, Outcome& out) {
        machine.write_memory(0, s->image);
        host::FirmwareOutcome firmware;
        const fw::DriverConfig driver = machine.driver_config(ring);
        machine.run(host::Platform::firmware([job](fw::Runner& runner) { return runner.run(*job); },
                                             driver, firmware),
                    driver, out);
        out.status = firmware.status;
        out.calls = firmware.calls;
    };
    c.reference = [s](const Outcome& out, Comparison& comparison) {
        if (firmware_succeeded(out, comparison)) compare_with_golden(*s, out, true, comparison);
    };
    return c;
}

/// A in blocks, or, if `slices`, as in a convolution: row t is the k elements from the t-th step on
/// of one long row.
fw::Tensor place_a(const fw::GemmJob& job, bool slices, Random& random,
                   const spec::DeviceParams& params, TensorImage& image) {
    const uint32_t block = fw::gemm_a_block(job, params);
    if (!slices)
        return image.place_random(fw::tiles_of(job.k, block), job.m, std::min(job.k, block));
    const uint32_t step = block + params.bus_bytes / 2 * (up_to(random, 3) - 1);
    const fw::Tensor x = image.place_random(1, 1, (job.m - 1) * step + job.k);
    return {x.address, uint64_t{2} * block, 2 * step};
}

}  // namespace

Case gemm_case(uint64_t seed, const spec::DeviceParams& params) {
    Random random(seed);
    const auto job = std::make_shared<fw::GemmJob>();
    const uint32_t inner = fw::gemm_inner(params), d = params.d;
    const bool accumulates = params.profile == spec::Profile::kStateful;
    job->m = up_to(random, std::min(2 * params.m, most_rows(params)));
    job->k = up_to(random, std::min(accumulates ? 4 * inner : inner, 256u));
    job->n = up_to(random, std::min(3 * d, 192u));
    job->bf16_output = random() % 2 == 0;
    const auto half_or_more = [&](uint32_t most) { return most - up_to(random, most / 2 + 1) + 1; };
    if (accumulates && random() % 2 == 0) job->a_columns = half_or_more(inner);
    if (random() % 3 == 0) job->stage = fw::GemmStage::kScore;
    if (random() % 2 == 0) job->c_columns = half_or_more(fw::gemm_columns(job->stage, params));
    const uint32_t beat = params.bus_bytes / 2;
    const bool slices = accumulates && inner >= beat && random() % 4 == 0;
    if (slices) job->a_columns = inner / beat * beat;  // blocks are whole beats
    const uint32_t a_block = fw::gemm_a_block(*job, params);
    const uint32_t c_block = fw::gemm_c_block(*job, params);
    TensorImage image(params, random);
    job->a = place_a(*job, slices, random, params, image);
    const bool score = job->stage == fw::GemmStage::kScore;
    job->b =
        score
            ? image.place_random(fw::tiles_of(job->k, a_block), job->n, std::min(job->k, a_block))
            : image.place_random(fw::tiles_of(job->n, c_block), job->k, std::min(job->n, c_block));
    job->c = image.place(fw::tiles_of(job->n, c_block), job->m,
                         (job->bf16_output ? 2 : 4) * std::min(job->n, c_block));
    job->identity =
        image.place_identity(score ? std::min(job->n, c_block) : std::min(job->k, a_block));
    return case_of<fw::GemmJob>(
        job, fw::GemmSequencer(*job, params),
        fmt::format("gemm, seed {}: {} x {} by {} x {}{}", seed, job->m, job->k, job->k, job->n,
                    score ? ", in the score stage" : ""),
        random, params, image);
}

Case linear_case(uint64_t seed, const spec::DeviceParams& params) {
    Random random(seed);
    const auto job = std::make_shared<fw::LinearJob>();
    const bool accumulates = params.profile == spec::Profile::kStateful;
    job->kv_heads = up_to(random, 2);
    job->query_heads = job->kv_heads * up_to(random, 2);
    job->causal = params.m > 1 && random() % 2 == 0;
    job->d_k = up_to(random, std::min(params.d, job->causal ? (3 * params.m + 1) / 4 : params.m));
    job->d_v = up_to(random, params.d);
    const uint32_t chunk = fw::linear_chunk(*job, params);
    const uint32_t most = std::min(3 * params.m, most_rows(params));
    // Of two causal chunks the first makes a state, the second uses it.
    const uint32_t updated = job->causal ? 2 * chunk : chunk;
    job->nk = up_to(random, accumulates ? most : std::min(updated, most));
    job->nq = job->causal ? job->nk : up_to(random, most);
    TensorImage image(params, random);
    job->q = image.place_random(job->query_heads, job->nq, job->d_k);
    job->k = image.place_random(job->kv_heads, job->nk, job->d_k);
    job->v = image.place_random(job->kv_heads, job->nk, job->d_v);
    job->states =
        image.place(job->kv_heads * fw::linear_states(*job, params), job->d_k, 2 * job->d_v);
    job->o = image.place(job->query_heads, job->nq, 4 * job->d_v);
    job->identity = image.place_identity(job->d_k);
    return case_of<fw::LinearJob>(
        job, fw::LinearSequencer(*job, params, kRecordAddress),
        fmt::format("linear attention, seed {}: {} of {} heads, {} x {}{}", seed, job->query_heads,
                    job->kv_heads, job->nq, job->nk, job->causal ? ", causal" : ""),
        random, params, image);
}

}  // namespace tessera::verify
