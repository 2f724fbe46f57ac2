// SPDX-License-Identifier: MIT
// Model and RTL, bit for bit and cycle for cycle, and both against the reference: random command
// sequences past the driver, attention jobs through it.
#include "tests/cosim/cosim.h"

using namespace tessera;

namespace {

test::MakeCase attention(uint32_t max_tokens) {
    return [max_tokens](uint64_t seed, const spec::DeviceParams& params) {
        return verify::attention_case(seed, params, max_tokens);
    };
}

}  // namespace

TEST_CASE("sequences on tiny") { test::verify_many("tiny", 500, verify::sequence_case); }
TEST_CASE("sequences on odd") { test::verify_many("odd", 100, verify::sequence_case); }
TEST_CASE("sequences on broad") { test::verify_many("broad", 20, verify::sequence_case); }
TEST_CASE("sequences on small") { test::verify_many("small", 30, verify::sequence_case); }
TEST_CASE("attention on tiny") { test::verify_many("tiny", 1000, attention(8 * 16)); }
TEST_CASE("attention on odd") { test::verify_many("odd", 30, attention(3 * 48)); }
TEST_CASE("attention on broad") { test::verify_many("broad", 10, attention(4 * 16)); }
TEST_CASE("attention on small") { test::verify_many("small", 30, attention(512)); }
