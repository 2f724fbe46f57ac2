// SPDX-License-Identifier: MIT
// What does a sliding window save? The same attention with windows of different lengths.
#include <cstdio>

#include "tessera/tessera.h"

int main() {
    tessera::Experiment experiment;
    experiment.machine.device = "small";
    experiment.workload.random.heads = 1;
    experiment.workload.random.tokens = 512;
    experiment.workload.mask.kind = tessera::MaskKind::kCausal;
    try {
        std::printf("window (tokens)  cycles  predicted  largest error / bound\n");
        for (const unsigned window : {64u, 128u, 256u, 512u}) {
            experiment.workload.mask.window = window;
            const tessera::Report report = tessera::run(experiment);
            std::printf("%15u %7.0f %10llu %22.3f\n", window,
                        report.figure("counters.cycles").value,
                        static_cast<unsigned long long>(tessera::predict(experiment).cycles),
                        report.errors->max_over_bound);
            if (report.verdict != tessera::Report::Verdict::kGood) return 1;
        }
    } catch (const tessera::Error& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
    return 0;
}
