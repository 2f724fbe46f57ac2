// SPDX-License-Identifier: MIT
#include "host/model/generation.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "host/model/decoder.h"
#include "host/model/dense_graphs.h"

namespace tessera::host {
namespace {

bool all_finite(const std::vector<float>& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [](float x) { return std::isfinite(x); });
}

RowsCost run_rows(ModelRun& model, const std::string& graph, const std::vector<uint32_t>& tokens,
                  size_t position, const GenerationWish& wish) {
    const TextRows text{static_cast<uint32_t>(tokens.size()), static_cast<uint32_t>(position),
                        wish.pages};
    return {text.position, text.rows, run_texts(model, graph, tokens, {text})};
}

/// By the graphs whose names begin so.
std::vector<RowsCost> run_prompt(ModelRun& model, const std::string& prefix,
                                 const std::vector<uint32_t>& prompt, const GenerationWish& wish) {
    std::vector<RowsCost> chunks;
    for (size_t first = 0, rows = 0; first < prompt.size(); first += rows) {
        const size_t left = prompt.size() - first;
        rows = wish.chunk == 0 ? left : std::min<size_t>(left, wish.chunk);
        const auto begin = prompt.begin() + static_cast<ptrdiff_t>(first);
        chunks.push_back(run_rows(model, prefix + (rows == left ? kPrefillGraph : kFillGraph),
                                  {begin, begin + static_cast<ptrdiff_t>(rows)}, first, wish));
    }
    return chunks;
}

}  // namespace

StepCost sum_of(const std::vector<RowsCost>& runs) {
    StepCost sum;
    for (const RowsCost& run : runs) sum += run.cost;
    return sum;
}

LogitsDifference logits_difference(const std::vector<float>& logits,
                                   const std::vector<float>& dense) {
    const auto best = [](const std::vector<float>& all) {
        return static_cast<uint32_t>(std::max_element(all.begin(), all.end()) - all.begin());
    };
    LogitsDifference all{best(logits), best(dense), 0, 0, 0};
    for (size_t i = 0; i < dense.size(); ++i) {
        const double difference = double{logits[i]} - double{dense[i]};
        all.largest = std::max(all.largest, std::abs(difference));
        all.squares += difference * difference;
        all.dense_squares += double{dense[i]} * double{dense[i]};
    }
    return all;
}

StepCost run_texts(ModelRun& model, const std::string& graph, std::vector<uint32_t> tokens,
                   const std::vector<TextRows>& texts) {
    GraphRun run{graph, {}, 0, texts};
    if (model.graph(graph).inputs.count(kPositionsInput) != 0) {
        std::vector<uint32_t> positions;
        for (const TextRows& text : texts)
            for (uint32_t position = text.position; position < text.end(); ++position)
                positions.push_back(position);
        run.inputs[kPositionsInput] = indices_of(std::move(positions));
    }
    run.inputs[kTokensInput] = indices_of(std::move(tokens));
    const StepCost before = model.record().sum();
    model.run(run);
    StepCost cost = model.record().sum();
    cost -= before;
    return cost;
}

uint64_t cache_rows(uint64_t prompt, const GenerationWish& wish) { return prompt + wish.most - 1; }

Generation generate(ModelRun& model, const std::vector<uint32_t>& prompt,
                    const GenerationWish& wish, const std::function<void(uint32_t)>& told) {
    Generation made;
    Sampler sampler(wish.sampling);
    made.prompt = run_prompt(model, "", prompt, wish);
    if (wish.compare_dense) made.dense_prompt = run_prompt(model, kDensePrefix, prompt, wish);
    while (true) {
        uint32_t token = 0;
        if (model.with_data()) {
            const std::vector<float> logits = model.output(kLogitsOutput);
            if (!all_finite(logits)) {
                made.end = GenerationEnd::kNotFinite;
                return made;
            }
            if (wish.compare_dense)
                made.differences.push_back(logits_difference(
                    logits, model.output(std::string(kDensePrefix) + kLogitsOutput)));
            token = wish.sampling.temperature == 0
                        ? static_cast<uint32_t>(model.output(kNextOutput).at(0))
                        : sampler.choose(logits);
        }
        made.tokens.push_back(token);
        told(token);
        const auto& ends = wish.end_tokens;
        if (model.with_data() && std::find(ends.begin(), ends.end(), token) != ends.end()) {
            made.end = GenerationEnd::kEndToken;
            return made;
        }
        if (made.tokens.size() == wish.most) return made;
        const size_t position = prompt.size() + made.tokens.size() - 1;
        made.decoded.push_back(run_rows(model, kDecodeGraph, {token}, position, wish));
        if (wish.compare_dense)
            made.dense_decoded.push_back(
                run_rows(model, std::string(kDensePrefix) + kDecodeGraph, {token}, position, wish));
    }
}

}  // namespace tessera::host
