// SPDX-License-Identifier: MIT
// Jobs by covers on reference, model and RTL.
#include <algorithm>

#include "tests/cosim/cosim.h"

using namespace tessera;
using spec::Profile;

namespace {

test::MakeCase covers(Profile profile, uint32_t max_tokens) {
    return [profile, max_tokens](uint64_t seed, spec::DeviceParams params) {
        params.profile = profile;
        return verify::cover_case(seed, params, max_tokens);
    };
}

}  // namespace

TEST_CASE("covers on tiny, profile stateful") {
    test::verify_many("tiny", 20, covers(Profile::kStateful, 96));
}
TEST_CASE("covers on tiny, profile stats") {
    test::verify_many("tiny", 20, covers(Profile::kStats, 96));
}
TEST_CASE("covers on tiny, profile blackbox: one call a head") {
    test::verify_many("tiny", 10, covers(Profile::kBlackbox, 96));
}

TEST_CASE("random covers are of every kind") {
    test::Compared kinds("kinds of jobs drawn");
    std::vector<std::string> names;
    uint32_t shared = 0;
    for (uint64_t seed = 0; seed < 300; ++seed) {
        const verify::Case c = verify::cover_case(seed, test::device_params("tiny"), 96);
        names.push_back(c.name);
        shared += c.platform.devices > 1 ? 1 : 0;
    }
    kinds.holds(shared > 20 && shared < 150, [&] { return "shared: " + std::to_string(shared); });
    for (const std::string kind : {": AG(", ": PG(", "grid of", "maximal arc", ": TD(", "searched",
                                   "half-tiles", "one call", ", causal", ", not causal"})
        kinds.holds(std::any_of(names.begin(), names.end(),
                                [&](const std::string& name) {
                                    return name.find(kind) != std::string::npos;
                                }),
                    [&] { return kind; });
}
