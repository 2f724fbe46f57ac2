// SPDX-License-Identifier: MIT
// What the processor's work around gemms costs, by class of element, and which jobs are refused.
#include "firmware/elementwise/epilogue_job.h"
#include "firmware/elementwise/gate_job.h"
#include "firmware/elementwise/gather_job.h"
#include "firmware/elementwise/norm_job.h"
#include "firmware/elementwise/pool_job.h"
#include "firmware/elementwise/rotary_job.h"
#include "tests/support/compared.h"
#include "tests/support/matrix_memory.h"

using namespace tessera;
using test::Compared;

namespace {

uint64_t count_of(const fw::ElementWork& work, fw::ElementClass element_class) {
    return work.elements[static_cast<size_t>(element_class)];
}

}  // namespace

TEST_CASE("what a layer's element costs depends on the job alone") {
    Compared counts("counts of elements");
    const spec::DeviceParams device = test::beats_of_16();
    fw::EpilogueJob epilogue;
    epilogue.rows = 3;
    epilogue.columns = 7;
    epilogue.a.block = epilogue.y.block = 7;
    const auto equal = [&](const auto& job, uint64_t arithmetic, uint64_t function,
                           uint64_t statistic) {
        const fw::ElementWork work = fw::elementwise_work(job, device);
        counts.equal(count_of(work, fw::ElementClass::kArithmetic), arithmetic);
        counts.equal(count_of(work, fw::ElementClass::kFunction), function);
        counts.equal(count_of(work, fw::ElementClass::kStatistic), statistic);
    };
    equal(epilogue, 21, 0, 0);
    epilogue.activation = fw::Activation::kTanh;
    equal(epilogue, 0, 21, 0);
    epilogue.scaling = fw::Scaling::kFactor;
    equal(epilogue, 21, 21, 0);
    fw::NormJob norm;
    norm.rows = 3;
    norm.columns = 7;
    norm.a.block = norm.y.block = 7;
    equal(norm, 21, 0, 42);
    norm.norm = fw::Norm::kRms;
    equal(norm, 21, 0, 21);
}

TEST_CASE("jobs of layers that do not fit are refused") {
    Compared rules("rules");
    const spec::DeviceParams device = test::beats_of_16();
    test::Places places;
    const auto refused = [&](const auto& job, fw::JobRule rule) {
        rules.equal(fw::check_elementwise_job(job, device), rule);
    };
    refused(fw::EpilogueJob(), fw::JobRule::kEmpty);
    refused(fw::GateJob(), fw::JobRule::kEmpty);
    refused(fw::NormJob(), fw::JobRule::kEmpty);
    refused(fw::RotaryJob(), fw::JobRule::kEmpty);
    refused(fw::GatherJob(), fw::JobRule::kEmpty);
    refused(fw::PoolJob(), fw::JobRule::kEmpty);
    fw::EpilogueJob epilogue;
    epilogue.rows = 2;
    epilogue.columns = 8;
    epilogue.a = epilogue.y = places.place(2, 8, 8, false);
    refused(epilogue, fw::JobRule::kNone);
    epilogue.has_bias = true;  // which has no place
    refused(epilogue, fw::JobRule::kAlignment);
    fw::RotaryJob rotary;
    rotary.rows = 2;
    rotary.heads = 1;
    rotary.width = 8;
    rotary.a = rotary.y = rotary.table = epilogue.a;
    rotary.rotated = 8;
    refused(rotary, fw::JobRule::kNone);
    rotary.rotated = 10;
    refused(rotary, fw::JobRule::kDimension);
    rotary.rotated = 7;
    refused(rotary, fw::JobRule::kDimension);
    fw::NormJob norm;
    norm.rows = (1u << 24) + 1;
    norm.columns = 8;
    refused(norm, fw::JobRule::kDimension);
    fw::GatherJob gather;
    gather.rows = gather.table_rows = 2;
    gather.columns = 8;
    gather.ids = gather.table = gather.y = epilogue.a;
    refused(gather, fw::JobRule::kNone);
    gather.ids.bf16 = true;
    refused(gather, fw::JobRule::kAlignment);
}
