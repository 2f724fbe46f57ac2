// SPDX-License-Identifier: MIT
// Jobs of elementwise work as words (spec/job.h) and back, as job_words.h has the others.
#pragma once
#include "firmware/elementwise/elementwise_job.h"
#include "firmware/elementwise/epilogue_job.h"
#include "firmware/elementwise/gate_job.h"
#include "firmware/elementwise/gather_job.h"
#include "firmware/elementwise/norm_job.h"
#include "firmware/elementwise/pool_job.h"
#include "firmware/elementwise/rotary_job.h"
#include "spec/job.h"

namespace tessera::fw {

spec::ElementwiseWords encode(const ElementwiseJob& job);
spec::EpilogueWords encode(const EpilogueJob& job);
spec::GateWords encode(const GateJob& job);
spec::NormWords encode(const NormJob& job);
spec::RotaryWords encode(const RotaryJob& job);
spec::GatherWords encode(const GatherJob& job);
spec::PoolWords encode(const PoolJob& job);

/// The job that such words tell, legal or not.
ElementwiseJob decode(const spec::ElementwiseWords& words);
EpilogueJob decode(const spec::EpilogueWords& words);
GateJob decode(const spec::GateWords& words);
NormJob decode(const spec::NormWords& words);
RotaryJob decode(const spec::RotaryWords& words);
GatherJob decode(const spec::GatherWords& words);
PoolJob decode(const spec::PoolWords& words);

}  // namespace tessera::fw
