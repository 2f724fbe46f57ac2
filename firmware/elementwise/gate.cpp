// SPDX-License-Identifier: MIT
#include "firmware/elementwise/chunk.h"
#include "firmware/elementwise/gate_job.h"

namespace tessera::fw {
namespace {

bool run_row(const GateJob& job, const spec::DeviceParams& device, Bus& bus, uint32_t row) {
    RowReader a(bus, job.a, job.columns, row), b(bus, job.b, job.columns, row);
    RowWriter y(bus, job.y, job.columns, row, device.bus_bytes);
    for (uint32_t column = 0, n = 0; column < job.columns; column += n) {
        uint32_t value[kChunk], gate[kChunk];
        n = at_most(kChunk, job.columns - column);
        if (!a.take(value, n) || !b.take(gate, n)) return false;
        activate(job.activation, gate, n);
        multiply_chunk(value, gate, n);
        if (!y.put(value, n)) return false;
    }
    return true;
}

}  // namespace

JobRule check_elementwise_job(const GateJob& job, const spec::DeviceParams& device) {
    if (job.rows == 0 || job.columns == 0) return JobRule::kEmpty;
    if (!is_known(job.activation)) return JobRule::kKind;
    const auto good = [&](const MatrixView& view) {
        return placed_view(view, job.columns, device);
    };
    return good(job.a) && good(job.b) && good(job.y) ? JobRule::kNone : JobRule::kAlignment;
}

ElementWork elementwise_work(const GateJob& job, const spec::DeviceParams& device) {
    ElementWork work;
    add_activation(job.activation, true, uint64_t{job.rows} * job.columns, work);
    work.bytes_read =
        job.rows * (row_bytes_read(job.a, job.columns) + row_bytes_read(job.b, job.columns));
    work.bytes_written = job.rows * row_bytes_written(job.y, job.columns, device.bus_bytes);
    return work;
}

bool do_elementwise(const GateJob& job, const spec::DeviceParams& device, Bus& bus) {
    for (uint32_t row = 0; row < job.rows; ++row)
        if (!run_row(job, device, bus, row)) return false;
    return true;
}

}  // namespace tessera::fw
