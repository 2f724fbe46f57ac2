// SPDX-License-Identifier: MIT
// A task of one's own: is a needle still found under a window? Every token has a key and a value,
// and the last token asks for one key. Keys are bits as +8 and -8, so that any other key scores 128
// powers of two lower: what comes back is the value itself, or 0 if its token is not seen.
#include <cmath>
#include <cstdio>

#include "tessera/tessera.h"

namespace {

constexpr unsigned kTokens = 256, kBits = 8;
constexpr double kLn2 = 0.6931471805599453;  // scores are then powers of two

float bit(unsigned number, unsigned at) { return (number >> at & 1) != 0 ? 8.0F : -8.0F; }

/// Keys are positions; the value of key i is 1 + i.
tessera::Operands operands_asking_for(unsigned needle) {
    tessera::Operands operands;
    operands.tokens = 1;
    operands.key_tokens = kTokens;
    operands.dimension = kBits;
    operands.value_dimension = 1;
    for (unsigned at = 0; at < kBits; ++at) operands.q.push_back(bit(needle, at));
    for (unsigned i = 0; i < kTokens; ++i) {
        for (unsigned at = 0; at < kBits; ++at) operands.k.push_back(bit(i, at));
        operands.v.push_back(static_cast<float>(1 + i));
    }
    return operands;
}

}  // namespace

int main() {
    tessera::Experiment experiment;
    experiment.machine.device = "small";
    experiment.workload.source = tessera::Source::kMemory;
    experiment.workload.scale = kLn2;
    experiment.workload.mask.window = 100;
    try {
        std::printf("tokens back  seen  found\n");
        for (const unsigned back : {0U, 50U, 99U, 100U, 200U}) {
            const unsigned needle = kTokens - 1 - back;
            const tessera::Report report = tessera::run(experiment, operands_asking_for(needle));
            const bool found = std::round(report.tensor("o").values[0]) == 1.0F + float(needle);
            const bool seen = back < experiment.workload.mask.window;
            std::printf("%11u %5s %6s\n", back, seen ? "yes" : "no", found ? "yes" : "no");
            if (found != seen) return 1;
        }
    } catch (const tessera::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
    return 0;
}
