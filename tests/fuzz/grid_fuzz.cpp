// SPDX-License-Identifier: MIT
// Arbitrary bytes as the grid of a sweep, and as one condition of it.
#include <set>

#include "host/sweep/grid.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace tessera;
    const std::string text(reinterpret_cast<const char*>(data), size);
    fuzz::expect_user_error_at_most([&] {
        const host::Grid grid("grid.json", text);
        std::set<std::string> names;
        constexpr size_t kMost = 100;
        for (size_t i = 0; i < grid.size() && i < kMost; ++i)
            fuzz::require(names.insert(grid.point(i).name).second, "points of different names");
        fuzz::require(grid.fields().size() == grid.field_names().size(), "a name for each field");
    });
    fuzz::expect_user_error_at_most(
        [&] { host::Condition("grid.json", text).holds(Experiment{}); });
    return 0;
}
