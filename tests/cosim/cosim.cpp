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

void verify_seeds(const std::string& preset, const std::vector<uint64_t>& seeds,
                  const MakeCase& make) {
    const spec::DeviceParams params = device_params(preset);
    verify::Totals totals;
    uint64_t different = 0;
    fmt::print("seeds {} to {} (TESSERA_SEED, TESSERA_COSIM_COUNT)\n", seeds.front(), seeds.back());
    for (size_t i = 0; i < seeds.size() && different < kEnough; ++i) {
        const std::string text = verify::verify_case(make(seeds[i], params), rtl::make_rtl_device,
                                                     kTimeoutSeconds, totals);
        fmt::print("{}", text);
        different += text.empty() ? 0 : 1;
    }
    fmt::print("{}\ncompared {} items of reference, model and RTL, {} different\n", totals.line(),
               totals.elements, totals.differences);
    CHECK(totals.elements > 0);
    CHECK(totals.differences == 0);
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
