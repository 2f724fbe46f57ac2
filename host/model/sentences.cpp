// SPDX-License-Identifier: MIT
#include "host/model/sentences.h"

#include <fmt/format.h>

#include <cmath>

#include "host/error.h"

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

namespace {

constexpr const char* kTimescale = "timing.inv_timescale";

}  // namespace

std::vector<float> embed(ModelRun& model, const std::vector<uint32_t>& tokens) {
    std::map<std::string, Value> inputs = {{"tokens", indices_of(tokens)}};
    if (model.graph("sentence").inputs.count("timing") != 0) {
        const std::vector<float> scales = model.weights().row(kTimescale, 0);
        if (scales.empty())
            throw bad_value(model.weights().path(), std::string("tensor ") + kTimescale,
                            "0 elements", "at least one");
        inputs["timing"] =
            numbers_of(sinusoids(scales, tokens.size()), tokens.size(), 2 * scales.size());
    }
    model.run({"sentence", std::move(inputs), 0});
    if (const uint64_t rows = model.output_rows("embedding"); rows != 1)
        throw UserError(
            fmt::format("model: output embedding has {} rows for a text of {} tokens; "
                        "allowed: one",
                        rows, tokens.size()));
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
