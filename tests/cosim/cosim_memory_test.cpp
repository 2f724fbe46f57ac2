// SPDX-License-Identifier: MIT
// Model and RTL behind DRAM: every preset, and DRAMs with everything about them drawn at random.
// The memory must give both the same beats in the same cycles, whenever it is asked.
#include "host/config/config.h"
#include "host/verify/random_memory.h"
#include "tests/cosim/cosim.h"

using namespace tessera;

namespace {

test::MakeCase with_random_dram(const test::MakeCase& make) {
    return [make](uint64_t seed, const spec::DeviceParams& params) {
        verify::Case c = make(seed, params);
        verify::use_memory(c, verify::random_dram(seed));
        return c;
    };
}

verify::Case attention(uint64_t seed, const spec::DeviceParams& params) {
    return verify::attention_case(seed, params, 4 * params.m);
}

}  // namespace

TEST_CASE("sequences on tiny with random DRAM") {
    test::verify_many("tiny", 200, with_random_dram(verify::sequence_case));
}
TEST_CASE("attention on tiny with random DRAM") {
    test::verify_many("tiny", 150, with_random_dram(attention));
}
TEST_CASE("errors on tiny with random DRAM") {
    test::verify_many("tiny", 100, with_random_dram(verify::error_case));
}
TEST_CASE("sequences on odd with random DRAM") {
    test::verify_many("odd", 30, with_random_dram(verify::sequence_case));
}

TEST_CASE("every memory preset on tiny") {
    for (const host::PresetInfo& preset : host::memory_presets()) {
        INFO(preset.name);
        const hw::MemoryConfig memory =
            host::resolve_config("tiny", preset.name, {}).platform.memory;
        test::verify_many("tiny", 6, [&](uint64_t seed, const spec::DeviceParams& params) {
            verify::Case c =
                seed % 2 == 0 ? attention(seed, params) : verify::sequence_case(seed, params);
            verify::use_memory(c, memory);
            return c;
        });
    }
}
