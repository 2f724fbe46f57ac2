// SPDX-License-Identifier: MIT
// Firmware on products of matrices, on the golden device: every element bit by bit, calls and loads
// by formula, refusals.
#include "firmware/gemm/gemm_job.h"

#include <algorithm>

#include "spec/integers.h"
#include "tests/support/compared.h"
#include "tests/unit/golden_job.h"

using namespace tessera;
using test::Compared;

namespace {

constexpr spec::DeviceParams kDevices[] = {{16, 16, 4, 2, 16, spec::Profile::kStateful},
                                           {16, 24, 2, 4, 32, spec::Profile::kStateful},
                                           {32, 8, 4, 4, 64, spec::Profile::kStateful}};

uint32_t tiles(uint32_t length, uint32_t tile) { return spec::divide_up(length, tile); }

/// Columns of blocks; 0: as many as the device takes. And what multiplies.
struct Blocks {
    uint32_t a = 0, c = 0;
    fw::GemmStage stage = fw::GemmStage::kValue;
};

/// A product with its operands, and what comes out of it.
struct Gemm {
    Gemm(const spec::DeviceParams& device, uint32_t m, uint32_t k, uint32_t n, bool bf16,
         std::mt19937_64& random, Blocks blocks = {})
        : params(device),
          memory(device, random),
          inner(blocks.a != 0 ? blocks.a : std::min(device.d, device.m)),
          columns(blocks.c != 0                           ? blocks.c
                  : blocks.stage == fw::GemmStage::kScore ? std::min(device.d, device.m)
                                                          : device.d) {
        job.m = m;
        job.k = k;
        job.n = n;
        job.a_columns = blocks.a;
        job.c_columns = blocks.c;
        job.bf16_output = bf16;
        job.stage = blocks.stage;
        job.a = memory.place_random(tiles(k, inner), m, std::min(k, inner));
        job.b = in_score() ? memory.place_random(tiles(k, inner), n, std::min(k, inner))
                           : memory.place_random(tiles(n, columns), k, std::min(n, columns));
        job.identity =
            memory.place_identity(in_score() ? std::min(n, columns) : std::min(k, inner));
        job.c = memory.place(tiles(n, columns), m, (bf16 ? 2 : 4) * std::min(n, columns));
    }

    bool in_score() const { return job.stage == fw::GemmStage::kScore; }
    uint16_t a(uint32_t i, uint32_t x) const { return memory.at(job.a, x / inner, i, x % inner); }
    uint16_t b(uint32_t x, uint32_t j) const {
        if (in_score()) return memory.at(job.b, x / inner, j, x % inner);
        return memory.at(job.b, j / columns, x, j % columns);
    }
    /// An element of C as docs/contract/device.md, section 5, has it: sums of a block each, in the
    /// score stage rounded to bf16, then their sum.
    uint32_t expected(uint32_t i, uint32_t j) const {
        return expected([this, i](uint32_t x) { return a(i, x); }, j);
    }
    template <typename Row>
    uint32_t expected(Row&& row, uint32_t j) const {
        uint32_t c = 0;
        for (uint32_t first = 0; first < job.k; first += inner) {
            uint32_t sum = 0;
            for (uint32_t x = first; x < std::min(job.k, first + inner); ++x)
                sum = spec::fp_add(sum, spec::bf16_product(row(x), b(x, j)));
            if (in_score()) sum = uint32_t{spec::fp32_to_bf16(sum)} << 16;
            c = first == 0 ? sum : spec::fp_add(c, sum);
        }
        return job.bf16_output ? spec::fp32_to_bf16(c) : c;
    }
    /// What is in memory of that element behind a run.
    uint32_t actual(const test::GoldenJob& golden, uint32_t i, uint32_t j) const {
        const uint32_t bytes = job.bf16_output ? 2 : 4;
        return golden.word(fw::row_address(job.c, j / columns, i) + uint64_t{j % columns} * bytes,
                           bytes);
    }

    spec::DeviceParams params;
    verify::TensorImage memory;
    uint32_t inner, columns;
    fw::GemmJob job;
};

std::string name(const Gemm& p) {
    return std::to_string(p.job.m) + "x" + std::to_string(p.job.k) + "x" + std::to_string(p.job.n) +
           ", M = " + std::to_string(p.params.m) + ", D = " + std::to_string(p.params.d);
}

}  // namespace

TEST_CASE("products: every bit, as many calls as the formula says") {
    auto random = test::test_random();
    Compared elements("elements of products"), figures("figures of products");
    for (int n = 0; n < 60; ++n) {
        const spec::DeviceParams& device = kDevices[random() % 3];
        const auto length = [&] { return static_cast<uint32_t>(1 + random() % 70); };
        const auto block = [&](uint32_t most) {
            return static_cast<uint32_t>(random() % 2 == 0 ? 0 : 1 + random() % most);
        };
        const bool score = random() % 2 == 0;
        const uint32_t inner = std::min(device.m, device.d);
        const Blocks blocks{block(inner), block(score ? inner : device.d),
                            score ? fw::GemmStage::kScore : fw::GemmStage::kValue};
        const Gemm p(device, length(), length(), length(), random() % 2 == 0, random, blocks);
        const auto where = [&] { return name(p); };
        test::GoldenJob golden(device, p.memory.bytes(), random());
        REQUIRE(golden.run(p.job).ok());
        figures.equal(golden.faults.size(), 0u,
                      [&] { return where() + ": " + golden.faults.front(); });
        const uint64_t rows = tiles(p.job.m, device.m), columns = tiles(p.job.n, p.columns);
        figures.equal(golden.commands[spec::Opcode::kAttend],
                      rows * columns * tiles(p.job.k, p.inner), where);
        figures.equal(golden.commands[score ? spec::Opcode::kLoadV : spec::Opcode::kLoadK], 1u,
                      where);
        figures.equal(golden.commands[spec::Opcode::kStoreO], rows * columns, where);
        for (uint32_t i = 0; i < p.job.m; ++i)
            for (uint32_t j = 0; j < p.job.n; ++j)
                elements.equal(p.actual(golden, i, j), p.expected(i, j), [&] {
                    return where() + ": " + std::to_string(i) + ", " + std::to_string(j);
                });
    }
}

TEST_CASE("products: a convolution over time has rows of A that overlap") {
    auto random = test::test_random();
    Compared elements("elements of convolutions");
    for (int n = 0; n < 20; ++n) {
        const spec::DeviceParams& device = kDevices[random() % 3];
        const auto up_to = [&](uint32_t most) {
            return static_cast<uint32_t>(1 + random() % most);
        };
        const uint32_t beat = device.bus_bytes / 2, channels = beat * up_to(2), taps = up_to(7);
        const uint32_t stride = up_to(3), rows = taps + up_to(50);
        const uint32_t block = std::min({device.d, device.m, stride * channels}) / beat * beat;
        if (block == 0) continue;  // the device takes less than a beat
        Gemm p(device, (rows - taps) / stride + 1, taps * channels, up_to(40), false, random,
               {block, 0});
        const fw::Tensor x = p.memory.place_random(1, 1, rows * channels);
        p.job.a = {x.address, 2 * block, 2 * stride * channels};
        test::GoldenJob golden(device, p.memory.bytes(), random());
        REQUIRE(golden.run(p.job).ok());
        for (uint32_t i = 0; i < p.job.m; ++i)
            for (uint32_t j = 0; j < p.job.n; ++j) {
                const auto slice = [&](uint32_t e) {
                    return p.memory.at(x, 0, 0, i * stride * channels + e);
                };
                elements.equal(p.actual(golden, i, j), p.expected(slice, j),
                               [&] { return name(p) + ": " + std::to_string(i); });
            }
    }
}

TEST_CASE("products: the two tiles of a pair share what they load") {
    auto random = test::test_random();
    Compared loads("numbers of loads");
    const spec::DeviceParams& device = kDevices[0];
    const auto stage = GENERATE(fw::GemmStage::kValue, fw::GemmStage::kScore);
    // Tiles of C, the inner dimension long enough for no tile to be found again: a pair loads one
    // tile of A and two of B for each block, or two and one.
    for (const auto& [rows, columns] :
         {std::pair{4u, 4u}, {1u, 6u}, {6u, 1u}, {3u, 3u}, {1u, 1u}}) {
        const uint32_t blocks = 3;
        const Gemm p(device, rows * 16, blocks * 16, columns * 16, false, random, {0, 0, stage});
        test::GoldenJob golden(device, p.memory.bytes(), random());
        REQUIRE(golden.run(p.job).ok());
        const uint32_t pairs = rows * columns / 2, alone = rows * columns % 2;
        const uint64_t identity = 1;
        loads.equal(golden.commands[spec::Opcode::kLoadQ] + golden.commands[spec::Opcode::kLoadV] +
                        golden.commands[spec::Opcode::kLoadK],
                    uint64_t{3 * pairs + 2 * alone} * blocks + identity, [&] { return name(p); });
    }
}

TEST_CASE("a product that does not fit is refused") {
    auto random = test::test_random();
    Compared rules("rules");
    const Gemm good(kDevices[0], 40, 40, 40, false, random);
    const auto rule = [&](auto&& change, spec::Profile profile = spec::Profile::kStateful) {
        fw::GemmJob job = good.job;
        change(job);
        spec::DeviceParams device = kDevices[0];
        device.profile = profile;
        return fw::check_gemm_job(job, device);
    };
    using fw::JobRule;
    rules.equal(rule([](fw::GemmJob&) {}), JobRule::kNone);
    rules.equal(rule([](fw::GemmJob& j) { j.m = 0; }), JobRule::kEmpty);
    rules.equal(rule([](fw::GemmJob& j) { j.k = 0; }), JobRule::kEmpty);
    rules.equal(rule([](fw::GemmJob& j) { j.n = 0; }), JobRule::kEmpty);
    rules.equal(rule([](fw::GemmJob& j) { j.n = 0x80000001; }), JobRule::kPositions);
    rules.equal(rule([](fw::GemmJob& j) { j.a.address += 8; }), JobRule::kAlignment);
    rules.equal(rule([](fw::GemmJob& j) { j.b.pitch = 16; }), JobRule::kAlignment);
    rules.equal(rule([](fw::GemmJob& j) { j.c.pitch = 32; }), JobRule::kAlignment);
    rules.equal(rule([](fw::GemmJob& j) { j.identity.pitch = 16; }), JobRule::kAlignment);
    rules.equal(rule([](fw::GemmJob& j) { j.a_columns = 17; }), JobRule::kDimension);
    rules.equal(rule([](fw::GemmJob& j) { j.c_columns = 17; }), JobRule::kDimension);
    rules.equal(rule([](fw::GemmJob& j) { j.a_columns = j.c_columns = 16; }), JobRule::kNone);
    rules.equal(rule([](fw::GemmJob& j) { j.c.pitch = 32, j.c_columns = 8; }), JobRule::kNone);
    const Gemm score(kDevices[2], 40, 40, 40, false, random, {0, 0, fw::GemmStage::kScore});
    fw::GemmJob job = score.job;
    rules.equal(fw::check_gemm_job(job, kDevices[2]), JobRule::kNone);
    job.c_columns = 9;  // keys and values
    rules.equal(fw::check_gemm_job(job, kDevices[2]), JobRule::kDimension);
    job.c_columns = 8;
    job.identity.pitch = 0;
    rules.equal(fw::check_gemm_job(job, kDevices[2]), JobRule::kAlignment);
    for (const spec::Profile profile : {spec::Profile::kStats, spec::Profile::kBlackbox}) {
        rules.equal(rule([](fw::GemmJob&) {}, profile), JobRule::kProfile);
        rules.equal(rule([](fw::GemmJob& j) { j.k = 16; }, profile), JobRule::kNone);
        rules.equal(rule([](fw::GemmJob& j) { j.k = 16, j.a_columns = 8; }, profile),
                    JobRule::kProfile);
    }
}

TEST_CASE("a black box multiplies where one call takes all of k") {
    auto random = test::test_random();
    Compared elements("elements of products");
    spec::DeviceParams device = kDevices[0];
    device.profile = spec::Profile::kBlackbox;
    const Gemm p(device, 50, 13, 40, false, random);
    test::GoldenJob golden(device, p.memory.bytes(), random());
    REQUIRE(golden.run(p.job).ok());
    for (uint32_t i = 0; i < p.job.m; ++i)
        for (uint32_t j = 0; j < p.job.n; ++j)
            elements.equal(p.actual(golden, i, j), p.expected(i, j));
}
