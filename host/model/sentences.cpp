// SPDX-License-Identifier: MIT
#include "host/model/sentences.h"

#include <cmath>

namespace tessera::host {

std::vector<float> sinusoids(const std::vector<float>& scales, uint64_t positions) {
    std::vector<float> table;
    table.reserve(2 * scales.size() * positions);
    for (uint64_t position = 0; position < positions; ++position) {
        const auto angle = [&](float scale) {
            return double{static_cast<float>(position) * scale};
        };
        for (const float scale : scales)
            table.push_back(static_cast<float>(std::sin(angle(scale))));
        for (const float scale : scales)
            table.push_back(static_cast<float>(std::cos(angle(scale))));
    }
    return table;
}

std::vector<float> embed(ModelRun& model, const std::vector<uint32_t>& tokens) {
    std::map<std::string, Value> inputs = {{"tokens", indices_of(tokens)}};
    if (model.graph("sentence").inputs.count("timing") != 0) {
        const std::vector<float> scales = model.weights().row("timing.inv_timescale", 0);
        inputs["timing"] =
            numbers_of(sinusoids(scales, tokens.size()), tokens.size(), 2 * scales.size());
    }
    model.run({"sentence", std::move(inputs), 0});
    return model.output("embedding");
}

double cosine(const std::vector<float>& a, const std::vector<float>& b) {
    double ab = 0, aa = 0, bb = 0;
    for (size_t i = 0; i < a.size(); ++i) {
        ab += double{a[i]} * double{b[i]};
        aa += double{a[i]} * double{a[i]};
        bb += double{b[i]} * double{b[i]};
    }
    return ab / std::sqrt(aa * bb);
}

}  // namespace tessera::host
