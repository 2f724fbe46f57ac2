// SPDX-License-Identifier: MIT
#include "firmware/elementwise/gather_job.h"

#include "firmware/elementwise/chunk.h"

namespace tessera::fw {
namespace {

bool run_row(const GatherJob& job, const spec::DeviceParams& device, Bus& bus, uint32_t row) {
    uint32_t id = 0;
    if (!RowReader(bus, job.ids, 1, row).take(&id, 1)) return false;
    const bool known = id < job.table_rows;
    RowReader from(bus, job.table, job.columns, known ? id : 0);
    RowWriter y(bus, job.y, job.columns, row, device.bus_bytes);
    for (uint32_t column = 0, n = 0; column < job.columns; column += n) {
        uint32_t x[kChunk];
        n = at_most(kChunk, job.columns - column);
        if (!from.take(x, n)) return false;
        if (job.has_factor) scale_chunk(x, job.factor, n);
        if (!known) each(x, n, [](Number) { return Number::of(spec::kNan); });
        if (!y.put(x, n)) return false;
    }
    return true;
}

}  // namespace

JobRule check_elementwise_job(const GatherJob& job, const spec::DeviceParams& device) {
    if (job.rows == 0 || job.columns == 0 || job.table_rows == 0) return JobRule::kEmpty;
    const bool good = placed_view(job.ids, 1, device) && !job.ids.bf16 &&
                      placed_view(job.table, job.columns, device) &&
                      placed_view(job.y, job.columns, device);
    return good ? JobRule::kNone : JobRule::kAlignment;
}

ElementWork elementwise_work(const GatherJob& job, const spec::DeviceParams& device) {
    ElementWork work;
    work.add(ElementClass::kMove, uint64_t{job.rows} * job.columns);
    work.bytes_read =
        job.rows * (row_bytes_read(job.ids, 1) + row_bytes_read(job.table, job.columns));
    work.bytes_written = job.rows * row_bytes_written(job.y, job.columns, device.bus_bytes);
    return work;
}

bool do_elementwise(const GatherJob& job, const spec::DeviceParams& device, Bus& bus) {
    for (uint32_t row = 0; row < job.rows; ++row)
        if (!run_row(job, device, bus, row)) return false;
    return true;
}

}  // namespace tessera::fw
