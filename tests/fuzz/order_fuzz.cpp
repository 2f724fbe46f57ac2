// SPDX-License-Identifier: MIT
// Arbitrary bytes as the pairs of tiles of a schedule: pairs, or one clear message.
#include <cstdlib>

#include "host/problem/tile_order.h"
#include "tests/fuzz/fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace tessera;
    const std::string text(reinterpret_cast<const char*>(data), size);
    fuzz::expect_user_error_at_most([&] {
        std::string again;
        for (const fw::TilePair& pair : host::tile_order("order", text))
            again += std::to_string(pair.stack) + "," + std::to_string(pair.q_tile) + " " +
                     std::to_string(pair.k_tile) + "\n";
        const std::vector<fw::TilePair> pairs = host::tile_order("order", text);
        const std::vector<fw::TilePair> read = host::tile_order("again", again);
        if (pairs.size() != read.size()) std::abort();
        for (size_t i = 0; i < read.size(); ++i)
            if (read[i].stack != pairs[i].stack || read[i].q_tile != pairs[i].q_tile ||
                read[i].k_tile != pairs[i].k_tile)
                std::abort();
    });
    return 0;
}
