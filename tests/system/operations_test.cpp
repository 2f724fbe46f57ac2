// SPDX-License-Identifier: MIT
// Random gemms and linear attention through the firmware, on the model of every
// preset, on odd devices and every profile, with random stalls: every byte of memory as the golden
// device leaves it.
#include "host/config/config.h"
#include "host/verify/case.h"
#include "tests/support/compared.h"
#include "tests/support/machine.h"

using namespace tessera;
using test::Compared;

namespace {

void run_case(const verify::Case& c, Compared& bytes) {
    const verify::Outcome outcome = verify::run_machine(c.platform, c.body, c.memory_bytes);
    INFO(c.name);
    REQUIRE(outcome.failure == "");
    verify::Comparison comparison;
    c.reference(outcome, comparison);
    bytes.add(comparison.elements, comparison.differences, [&] {
        return c.name + ": " + (comparison.first.empty() ? "" : comparison.first.front().text);
    });
}

}  // namespace

TEST_CASE("products and linear attention on every device: every byte of memory") {
    auto random = test::test_random();
    Compared bytes("bytes of memory");
    std::vector<spec::DeviceParams> devices;
    for (const host::PresetInfo& preset : host::device_presets())
        devices.push_back(host::resolve_config(preset.name, std::nullopt, {}).platform.params);
    for (const char* odd : {"odd", "thin", "eight"}) devices.push_back(test::device_params(odd));
    for (spec::DeviceParams& params : devices)
        for (const spec::Profile profile :
             {spec::Profile::kBlackbox, spec::Profile::kStats, spec::Profile::kStateful}) {
            params.profile = profile;
            run_case(verify::gemm_case(random(), params), bytes);
            run_case(verify::linear_case(random(), params), bytes);
        }
}
