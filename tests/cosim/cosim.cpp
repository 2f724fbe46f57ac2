// SPDX-License-Identifier: MIT
#include "tests/cosim/cosim.h"

#include <fmt/format.h>

#include <cstdlib>
#include <numeric>
#include <stdexcept>

#include "rtl/sim/rtl_device.h"

namespace tessera::test {
namespace {

constexpr unsigned kTimeoutSeconds = 600;
constexpr uint64_t kEnough = 3;  ///< cases that differ: more say nothing new

uint64_t case_count(uint64_t usual) {
    const char* said = std::getenv("TESSERA_COSIM_COUNT");
    return said == nullptr ? usual : std::strtoull(said, nullptr, 10);
}

}  // namespace

void Series::run(const verify::Case& c) {
    const std::string text = verify::verify_case(c, rtl::make_rtl_device, kTimeoutSeconds, totals_);
    fmt::print("{}", text);
    different_ += text.empty() ? 0 : 1;
}

void Series::run(const hw::PlatformConfig& platform, const verify::Body& body,
                 const std::string& name) {
    verify::Case c;
    c.name = name;
    c.platform = platform;
    c.body = body;
    c.memory_bytes = verify::kDataBytes;
    run(c);
}

bool Series::enough() const { return different_ >= kEnough; }

void Series::finish() const {
    fmt::print("{}\ncompared {} items of reference, model and RTL, {} different\n", totals_.line(),
               totals_.elements, totals_.differences);
    CHECK(totals_.elements > 0);
    CHECK(totals_.differences == 0);
}

void verify_seeds(const std::string& preset, const std::vector<uint64_t>& seeds,
                  const MakeCase& make) {
    spec::DeviceParams params = device_params(preset);
    fmt::print("seeds {} to {} (TESSERA_SEED, TESSERA_COSIM_COUNT)\n", seeds.front(), seeds.back());
    Series series;
    for (size_t i = 0; i < seeds.size() && !series.enough(); ++i) {
        params.key_ranges = seeds[i] % 4 != 0;
        series.run(make(seeds[i], params));
    }
    series.finish();
}

void verify_many(const std::string& preset, uint64_t usual, const MakeCase& make) {
    std::vector<uint64_t> seeds(case_count(usual));
    REQUIRE(!seeds.empty());
    std::iota(seeds.begin(), seeds.end(), test_seed());
    verify_seeds(preset, seeds, make);
}

void shift_phase(fw::Bus& bus, uint64_t cycles) {
    constexpr uint64_t kLastWord = kRingAddress + 64 * sizeof(spec::Descriptor) - 4;
    for (; cycles != 0; --cycles)
        if (!bus.write32(kLastWord, 0)) throw std::runtime_error("the ring is not in memory");
}

}  // namespace tessera::test
