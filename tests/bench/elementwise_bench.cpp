// SPDX-License-Identifier: MIT
// Speed of elementwise work, on a memory that is reached as the simulated processor reaches it.
// items_per_second is elements per second.
#include <benchmark/benchmark.h>

#include <cstring>
#include <functional>
#include <random>

#include "firmware/elementwise/elementwise_job.h"
#include "firmware/elementwise/epilogue_job.h"
#include "firmware/elementwise/norm_job.h"
#include "firmware/elementwise/rotary_job.h"
#include "host/float_bits.h"
#include "hw_model/memory/memory_image.h"

namespace {

using namespace tessera;

class ImageBus final : public fw::Bus {
  public:
    explicit ImageBus(hw::MemoryImage& image) : image_(image) {}
    bool read32(uint64_t address, uint32_t& value) override {
        const uint8_t* bytes = image_.at(address, 4);
        if (bytes == nullptr) return false;
        std::memcpy(&value, bytes, 4);
        return true;
    }
    bool write32(uint64_t address, uint32_t value) override {
        uint8_t* bytes = image_.at(address, 4);
        if (bytes == nullptr) return false;
        std::memcpy(bytes, &value, 4);
        return true;
    }
    bool read_words(uint64_t address, uint32_t* words, uint32_t count) override {
        const uint8_t* bytes = image_.at(address, uint64_t{4} * count);
        if (bytes == nullptr) return false;
        std::memcpy(words, bytes, uint64_t{4} * count);
        return true;
    }
    bool write_words(uint64_t address, const uint32_t* words, uint32_t count) override {
        uint8_t* bytes = image_.at(address, uint64_t{4} * count);
        if (bytes == nullptr) return false;
        std::memcpy(bytes, words, uint64_t{4} * count);
        return true;
    }
    void wait_irq() override {}

  private:
    hw::MemoryImage& image_;
};

constexpr uint32_t kRows = 256, kColumns = 288;
const spec::DeviceParams kDevice{128, 64, 16, 4, 64, spec::Profile::kStateful};

fw::MatrixView matrix(uint64_t address, bool bf16) {
    const uint32_t pitch = kColumns * (bf16 ? 2 : 4);
    return {{address, uint64_t{pitch} * kRows, pitch}, kColumns, bf16, 0};
}

void fill(hw::MemoryImage& image, uint64_t address) {
    std::mt19937_64 random(1);
    std::normal_distribution<float> normal;
    for (uint32_t i = 0; i < kRows * kColumns; ++i) {
        const uint32_t bits = host::bits_of(normal(random));
        std::memcpy(image.at(address + 4 * i, 4), &bits, 4);
    }
}

template <typename Job>
void run(const Job& job, ImageBus& bus, benchmark::State& bench) {
    if (fw::check_elementwise_job(job, kDevice) != fw::JobRule::kNone)
        bench.SkipWithError("refused");
    for (auto _ : bench)
        if (!fw::do_elementwise(job, kDevice, bus)) bench.SkipWithError("bus fault");
    bench.SetItemsProcessed(bench.iterations() * kRows * kColumns);
}

void elementwise(benchmark::State& bench) {
    hw::MemoryImage image(1 << 24);
    ImageBus bus(image);
    fw::ElementwiseJob job;
    job.function = static_cast<fw::ElementFunction>(bench.range(0));
    job.rows = kRows;
    job.columns = kColumns;
    job.across_blocks = true;
    job.factor = spec::kOne;
    job.a = matrix(0x100000, false);
    job.b = matrix(0x200000, false);
    job.y = matrix(0x300000, job.function != fw::ElementFunction::kRowArgmax);
    fill(image, job.a.tensor.address);
    fill(image, job.b.tensor.address);
    run(job, bus, bench);
}
BENCHMARK(elementwise)->DenseRange(0, fw::kElementFunctions - 1);

/// With bias and residual, by its activation.
void epilogue(benchmark::State& bench) {
    hw::MemoryImage image(1 << 24);
    ImageBus bus(image);
    fw::EpilogueJob job;
    job.activation = static_cast<fw::Activation>(bench.range(0));
    job.has_bias = job.has_residual = true;
    job.scaling = fw::Scaling::kFactor;
    job.factor = spec::kOne;
    job.rows = kRows;
    job.columns = kColumns;
    job.a = matrix(0x100000, false);
    job.residual = job.bias = matrix(0x200000, false);
    job.y = matrix(0x300000, true);
    fill(image, job.a.tensor.address);
    fill(image, job.bias.tensor.address);
    run(job, bus, bench);
}
BENCHMARK(epilogue)->DenseRange(0, fw::kActivations - 1);

void norm(benchmark::State& bench) {
    hw::MemoryImage image(1 << 24);
    ImageBus bus(image);
    fw::NormJob job;
    job.norm = static_cast<fw::Norm>(bench.range(0));
    job.has_gamma = true;
    job.rows = kRows;
    job.columns = kColumns;
    job.eps = host::bits_of(1e-5f);
    job.a = matrix(0x100000, false);
    job.gamma = matrix(0x200000, false);
    job.y = matrix(0x300000, true);
    fill(image, job.a.tensor.address);
    fill(image, job.gamma.tensor.address);
    run(job, bus, bench);
}
BENCHMARK(norm)->DenseRange(0, fw::kNorms - 1);

void rotary(benchmark::State& bench) {
    hw::MemoryImage image(1 << 24);
    ImageBus bus(image);
    fw::RotaryJob job;
    job.rows = kRows;
    job.heads = 8;
    job.width = 36;
    job.rotated = 32;
    job.a = matrix(0x100000, false);
    job.table = matrix(0x200000, false);
    job.y = matrix(0x300000, true);
    fill(image, job.a.tensor.address);
    fill(image, job.table.tensor.address);
    run(job, bus, bench);
}
BENCHMARK(rotary);

}  // namespace

BENCHMARK_MAIN();
