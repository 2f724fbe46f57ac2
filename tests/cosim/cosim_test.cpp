// SPDX-License-Identifier: MIT
// Reference, model and RTL on random cases: bits, cycles, counters, traces, errors.
// TESSERA_COSIM_COUNT overrides the number of cases of each test.
#include <fmt/format.h>

#include <cstdlib>

#include "host/verify/verify.h"
#include "rtl/sim/rtl_device.h"
#include "tests/support/compared.h"
#include "tests/support/machine.h"

using namespace tessera;

namespace {

using MakeCase = std::function<verify::Case(uint64_t seed, const spec::DeviceParams& params)>;

uint64_t case_count(uint64_t usual) {
    const char* said = std::getenv("TESSERA_COSIM_COUNT");
    return said == nullptr ? usual : std::strtoull(said, nullptr, 10);
}

void verify_many(const std::string& preset, uint64_t n, const MakeCase& make) {
    const spec::DeviceParams params = test::device_params(preset);
    const uint64_t seed = test::test_seed();
    verify::Totals totals;
    n = case_count(n);
    for (uint64_t i = 0; i < n; ++i)
        verify::verify_case(make(seed + i, params), rtl::make_rtl_device, 600, totals);
    fmt::print("seed {} (TESSERA_SEED)\n{}{}\n", seed, totals.first_report, totals.line());
    fmt::print("compared {} items of reference, model and RTL, {} different\n", totals.elements,
               totals.differences);
    CHECK(totals.jobs == n);
    CHECK(totals.elements > 0);
    CHECK(totals.differences == 0);
}

MakeCase attention(uint32_t max_tokens) {
    return [max_tokens](uint64_t seed, const spec::DeviceParams& params) {
        return verify::attention_case(seed, params, max_tokens);
    };
}

}  // namespace

TEST_CASE("sequences on tiny") { verify_many("tiny", 500, verify::sequence_case); }
TEST_CASE("sequences on odd") { verify_many("odd", 100, verify::sequence_case); }
TEST_CASE("sequences on small") { verify_many("small", 30, verify::sequence_case); }
TEST_CASE("attention on tiny") { verify_many("tiny", 1000, attention(8 * 16)); }
TEST_CASE("attention on odd") { verify_many("odd", 30, attention(3 * 48)); }
TEST_CASE("attention on small") { verify_many("small", 30, attention(512)); }
TEST_CASE("errors on tiny") { verify_many("tiny", 300, verify::error_case); }
TEST_CASE("errors on odd") { verify_many("odd", 60, verify::error_case); }
