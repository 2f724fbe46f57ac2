// SPDX-License-Identifier: MIT
#include "firmware/elementwise/chunk.h"
#include "firmware/elementwise/epilogue_job.h"

namespace tessera::fw {
namespace {

bool has_scales(const EpilogueJob& job) { return job.scaling == Scaling::kColumns; }

bool run_row(const EpilogueJob& job, const spec::DeviceParams& device, Bus& bus, uint32_t row) {
    RowReader a(bus, job.a, job.columns, row), scales(bus, job.scales, job.columns, 0),
        bias(bus, job.bias, job.columns, 0), residual(bus, job.residual, job.columns, row);
    RowWriter y(bus, job.y, job.columns, row, device.bus_bytes);
    for (uint32_t column = 0, n = 0; column < job.columns; column += n) {
        uint32_t x[kChunk], other[kChunk];
        n = at_most(kChunk, job.columns - column);
        if (!a.take(x, n)) return false;
        if (job.scaling == Scaling::kFactor) scale_chunk(x, job.factor, n);
        if (has_scales(job)) {
            if (!scales.take(other, n)) return false;
            multiply_chunk(x, other, n);
        }
        if (job.has_bias) {
            if (!bias.take(other, n)) return false;
            add_chunk(x, other, n);
        }
        activate(job.activation, x, n);
        if (job.has_residual) {
            if (!residual.take(other, n)) return false;
            add_chunk(x, other, n);
        }
        if (!y.put(x, n)) return false;
    }
    return true;
}

}  // namespace

JobRule check_elementwise_job(const EpilogueJob& job, const spec::DeviceParams& device) {
    if (job.rows == 0 || job.columns == 0) return JobRule::kEmpty;
    if (!is_known(job.activation) || static_cast<uint32_t>(job.scaling) >= kScalings)
        return JobRule::kKind;
    const auto good = [&](bool there, const MatrixView& view) {
        return !there || placed_view(view, job.columns, device);
    };
    return good(true, job.a) && good(has_scales(job), job.scales) && good(job.has_bias, job.bias) &&
                   good(job.has_residual, job.residual) && good(true, job.y)
               ? JobRule::kNone
               : JobRule::kAlignment;
}

ElementWork elementwise_work(const EpilogueJob& job, const spec::DeviceParams& device) {
    ElementWork work;
    const bool arithmetic = job.scaling != Scaling::kNone || job.has_bias || job.has_residual;
    add_activation(job.activation, arithmetic, uint64_t{job.rows} * job.columns, work);
    const auto read = [&](bool there, const MatrixView& view) {
        if (there) work.bytes_read += job.rows * row_bytes_read(view, job.columns);
    };
    read(true, job.a);
    read(has_scales(job), job.scales);
    read(job.has_bias, job.bias);
    read(job.has_residual, job.residual);
    work.bytes_written = job.rows * row_bytes_written(job.y, job.columns, device.bus_bytes);
    return work;
}

bool do_elementwise(const EpilogueJob& job, const spec::DeviceParams& device, Bus& bus) {
    for (uint32_t row = 0; row < job.rows; ++row)
        if (!run_row(job, device, bus, row)) return false;
    return true;
}

}  // namespace tessera::fw
