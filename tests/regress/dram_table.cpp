// SPDX-License-Identifier: MIT
// Prints the table of deviations from Ramulator; scripts/dram_table puts it into docs/memory.md.
#include <cstdio>
#include <fstream>

#include "tests/support/dram_reference.h"

int main(int argc, char** argv) {
    using namespace tessera::test;
    std::ifstream file(argc == 2 ? argv[1] : "");
    const nlohmann::json reference = nlohmann::json::parse(file, nullptr, false);
    if (reference.is_discarded()) {
        std::fprintf(stderr, "usage: dram_table ramulator2.json\n");
        return 2;
    }
    const std::vector<DramReference> rows = dram_references(reference);
    std::printf("%s", deviation_table(rows, measure_all(rows)).c_str());
    return 0;
}
