// SPDX-License-Identifier: MIT
// A task of one's own: is a needle still found under a window? Every token has a key and a value,
// and the last token asks for one key. Keys are bits as +8 and -8, so that any other key scores 128
// powers of two lower: what comes back is the value itself, or 0 if its token is not seen.
#include <cmath>
#include <cstdio>
#include <numeric>
#include <vector>

#include "tessera/tessera.h"

namespace {

constexpr unsigned kTokens = 256, kBits = 8;
constexpr double kLn2 = 0.6931471805599453;  // scores are then powers of two

float bit(unsigned number, unsigned at) { return (number >> at & 1) != 0 ? 8.0F : -8.0F; }

/// The keys of `count` tokens from `first` on, one after the other.
std::vector<float> keys(unsigned first, unsigned count) {
    std::vector<float> keys;
    for (unsigned i = first; i < first + count; ++i)
        for (unsigned at = 0; at < kBits; ++at) keys.push_back(bit(i, at));
    return keys;
}

}  // namespace

int main() {
    tessera::Experiment experiment;
    experiment.machine.device = "small";
    experiment.workload.source = tessera::Source::kMemory;
    experiment.workload.scale = kLn2;
    const std::vector<float> k = keys(0, kTokens);
    std::vector<float> v(kTokens);
    std::iota(v.begin(), v.end(), 1.0F);  // the value of key i is 1 + i
    experiment.workload.operands.k = {k.data(), {kTokens, kBits}};
    experiment.workload.operands.v = {v.data(), {kTokens, 1}};
    experiment.workload.mask.window = 100;
    try {
        std::printf("tokens back  seen  found\n");
        for (const unsigned back : {0U, 50U, 99U, 100U, 200U}) {
            const unsigned needle = kTokens - 1 - back;
            const std::vector<float> q = keys(needle, 1);
            experiment.workload.operands.q = {q.data(), {1, kBits}};
            const tessera::Report report = tessera::run(experiment);
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
