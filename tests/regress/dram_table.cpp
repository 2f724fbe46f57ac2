// SPDX-License-Identifier: MIT
// Prints the table of Ramulator's figures and both policies'; scripts/dram_table puts it into
// docs/results/memory.md.
#include <cstdio>
#include <fstream>

#include "tests/support/dram_reference.h"

int main(int argc, char** argv) {
    using namespace tessera::test;
    std::vector<DramReference> rows;
    for (int i = 1; i < argc; ++i) {
        std::ifstream file(argv[i]);
        const nlohmann::json reference = nlohmann::json::parse(file, nullptr, false);
        if (reference.is_discarded()) {
            std::fprintf(stderr, "usage: dram_table ramulator2.json ramulator2-mixed.json\n");
            return 2;
        }
        for (const DramReference& row : dram_references(reference)) rows.push_back(row);
    }
    std::printf("%s", policy_table(rows).c_str());
    return 0;
}
