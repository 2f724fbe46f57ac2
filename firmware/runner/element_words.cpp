// SPDX-License-Identifier: MIT
#include "firmware/runner/element_words.h"

#include "firmware/runner/word_parts.h"

namespace tessera::fw {
namespace {

// Numbers that go as words from host to processor, possibly built at different times:
// docs/contract/jobs.md, section 4.
static_assert(
    numbered<ElementFunction::kAdd, ElementFunction::kScale, ElementFunction::kRelu,
             ElementFunction::kSigmoid, ElementFunction::kSilu, ElementFunction::kGelu,
             ElementFunction::kRowMax, ElementFunction::kRowSum, ElementFunction::kRowMean,
             ElementFunction::kRowRms, ElementFunction::kRowArgmax>());
static_assert(kElementFunctions == 11, "each of them is named above");
static_assert(
    numbered<Activation::kNone, Activation::kRelu, Activation::kSigmoid, Activation::kSilu,
             Activation::kTanh, Activation::kGeluErf, Activation::kGeluTanh>());
static_assert(kActivations == 7, "each of them is named above");
static_assert(numbered<Scaling::kNone, Scaling::kFactor, Scaling::kColumns>());
static_assert(kScalings == 3, "each of them is named above");
static_assert(numbered<Norm::kLayer, Norm::kWhole, Norm::kRms, Norm::kL2>());
static_assert(kNorms == 4, "each of them is named above");
static_assert(numbered<RotaryPairs::kInterleaved, RotaryPairs::kHalves>());
static_assert(kRotaryPairs == 2, "each of them is named above");

spec::MatrixWords words_of(const MatrixView& view) {
    return {words_of(view.tensor), view.block, view.first, view.bf16 ? 1u : 0u};
}

MatrixView view_of(const spec::MatrixWords& words) {
    return {tensor_of(words.tensor), words.block, words.bf16 != 0, words.first};
}

template <typename Words>
bool has(const Words& words, spec::JobOption bit) {
    return (words.options & bit) != 0;
}

}  // namespace

spec::ElementwiseWords encode(const ElementwiseJob& job) {
    return {option(job.across_blocks, spec::kJobAcrossBlocks),
            static_cast<uint32_t>(job.function),
            job.rows,
            job.columns,
            job.factor,
            words_of(job.a),
            words_of(job.b),
            words_of(job.y)};
}

ElementwiseJob decode(const spec::ElementwiseWords& words) {
    return {static_cast<ElementFunction>(words.function),
            words.rows,
            words.columns,
            words.factor,
            has(words, spec::kJobAcrossBlocks),
            view_of(words.a),
            view_of(words.b),
            view_of(words.y)};
}

spec::EpilogueWords encode(const EpilogueJob& job) {
    return {option(job.has_bias, spec::kJobBias) | option(job.has_residual, spec::kJobResidual),
            static_cast<uint32_t>(job.activation),
            static_cast<uint32_t>(job.scaling),
            job.rows,
            job.columns,
            job.factor,
            words_of(job.a),
            words_of(job.scales),
            words_of(job.bias),
            words_of(job.residual),
            words_of(job.y)};
}

EpilogueJob decode(const spec::EpilogueWords& words) {
    return {static_cast<Activation>(words.activation),
            static_cast<Scaling>(words.scaling),
            has(words, spec::kJobBias),
            has(words, spec::kJobResidual),
            words.rows,
            words.columns,
            words.factor,
            view_of(words.a),
            view_of(words.scales),
            view_of(words.bias),
            view_of(words.residual),
            view_of(words.y)};
}

spec::GateWords encode(const GateJob& job) {
    return {static_cast<uint32_t>(job.activation),
            job.rows,
            job.columns,
            words_of(job.a),
            words_of(job.b),
            words_of(job.y)};
}

GateJob decode(const spec::GateWords& words) {
    return {static_cast<Activation>(words.activation),
            words.rows,
            words.columns,
            view_of(words.a),
            view_of(words.b),
            view_of(words.y)};
}

spec::NormWords encode(const NormJob& job) {
    return {option(job.has_gamma, spec::kJobGamma) | option(job.has_beta, spec::kJobBeta),
            static_cast<uint32_t>(job.norm),
            job.rows,
            job.columns,
            job.eps,
            words_of(job.a),
            words_of(job.gamma),
            words_of(job.beta),
            words_of(job.y)};
}

NormJob decode(const spec::NormWords& words) {
    return {static_cast<Norm>(words.norm),
            has(words, spec::kJobGamma),
            has(words, spec::kJobBeta),
            words.rows,
            words.columns,
            words.eps,
            view_of(words.a),
            view_of(words.gamma),
            view_of(words.beta),
            view_of(words.y)};
}

spec::RotaryWords encode(const RotaryJob& job) {
    return {option(job.has_factor, spec::kJobFactor),
            static_cast<uint32_t>(job.pairs),
            job.rows,
            job.heads,
            job.width,
            job.rotated,
            job.position,
            job.factor,
            words_of(job.a),
            words_of(job.table),
            words_of(job.y)};
}

RotaryJob decode(const spec::RotaryWords& words) {
    return {static_cast<RotaryPairs>(words.pairs),
            has(words, spec::kJobFactor),
            words.rows,
            words.heads,
            words.width,
            words.rotated,
            words.position,
            words.factor,
            view_of(words.a),
            view_of(words.table),
            view_of(words.y)};
}

spec::GatherWords encode(const GatherJob& job) {
    return {option(job.has_factor, spec::kJobFactor),
            job.rows,
            job.columns,
            job.table_rows,
            job.factor,
            words_of(job.ids),
            words_of(job.table),
            words_of(job.y)};
}

GatherJob decode(const spec::GatherWords& words) {
    return {has(words, spec::kJobFactor),
            words.rows,
            words.columns,
            words.table_rows,
            words.factor,
            view_of(words.ids),
            view_of(words.table),
            view_of(words.y)};
}

spec::PoolWords encode(const PoolJob& job) {
    return {job.rows, job.columns, words_of(job.a), words_of(job.y)};
}

PoolJob decode(const spec::PoolWords& words) {
    return {words.rows, words.columns, view_of(words.a), view_of(words.y)};
}

}  // namespace tessera::fw
