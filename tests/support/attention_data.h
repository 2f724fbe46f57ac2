// SPDX-License-Identifier: MIT
// Queries, keys and values on which approximations of attention do well or badly, in known ways.
#pragma once
#include <array>
#include <random>

#include "host/reference/attention.h"

namespace tessera::test {

enum class DataKind {
    kGaussian,    ///< independent keys: attention is diffuse, as `score_spread` has it
    kPeaked,      ///< each query looks for one key, anywhere, which gets much of its weight
    kStructured,  ///< tokens come in runs of one topic, and look for tokens of their own topic
    kNeedle,      ///< diffuse, but one key draws some of the queries, and has a value of its own
};
inline constexpr std::array<DataKind, 4> kDataKinds = {DataKind::kGaussian, DataKind::kPeaked,
                                                       DataKind::kStructured, DataKind::kNeedle};
const char* data_name(DataKind kind);

/// One head; elements of values are normal with mean 1, so that relative errors mean something.
struct DataShape {
    uint32_t tokens = 0, d_k = 0, d_v = 0;
    double score_spread = 0.5;  ///< standard deviation of the scores, but for what the kind adds
    double value_spread = 0.5;  ///< sigma_v / mu_v
    /// How much of its kind the data is, from 0 (as Gaussian) to 1: the score of the key that is
    /// looked for, of tokens of the same topic; of needles the share of the queries.
    double strength = 1;
};

/// The attention of such data, which it holds.
host::ReferenceProblem attention_data(DataKind kind, const DataShape& shape,
                                      std::mt19937_64& random);

}  // namespace tessera::test
