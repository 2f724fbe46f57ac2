// SPDX-License-Identifier: MIT
#include "firmware/elementwise/pool_job.h"

#include "firmware/elementwise/chunk.h"

namespace tessera::fw {
namespace {

/// a from a column on.
MatrixView columns_from(const PoolJob& job, uint32_t column) {
    MatrixView view = job.a;
    view.first += column;
    return view;
}

/// The sums of `count` columns.
bool add_rows(const PoolJob& job, Bus& bus, const MatrixView& columns, uint32_t count,
              uint32_t* total) {
    uint32_t part[kChunk] = {};
    for (uint32_t row = 0; row < job.rows; ++row) {
        uint32_t x[kChunk];
        if (!RowReader(bus, columns, count, row).take(x, count)) return false;
        add_chunk(part, x, count);
        if (row % 64 != 63 && row + 1 != job.rows) continue;
        add_chunk(total, part, count);
        for (uint32_t& sum : part) sum = 0;
    }
    return true;
}

}  // namespace

JobRule check_elementwise_job(const PoolJob& job, const spec::DeviceParams& device) {
    if (job.rows == 0 || job.columns == 0) return JobRule::kEmpty;
    if (job.rows > 1u << 24) return JobRule::kDimension;
    const bool good =
        placed_view(job.a, job.columns, device) && placed_view(job.y, job.columns, device);
    return good ? JobRule::kNone : JobRule::kAlignment;
}

ElementWork elementwise_work(const PoolJob& job, const spec::DeviceParams& device) {
    ElementWork work;
    work.add(ElementClass::kStatistic, uint64_t{job.rows} * job.columns);
    for (uint32_t column = 0; column < job.columns; column += kChunk) {
        const uint32_t n = at_most(kChunk, job.columns - column);
        work.bytes_read += job.rows * row_bytes_read(columns_from(job, column), n);
    }
    work.bytes_written = row_bytes_written(job.y, job.columns, device.bus_bytes);
    return work;
}

bool do_elementwise(const PoolJob& job, const spec::DeviceParams& device, Bus& bus) {
    RowWriter y(bus, job.y, job.columns, 0, device.bus_bytes);
    const uint32_t count = fp_of(static_cast<int32_t>(job.rows));
    for (uint32_t column = 0, n = 0; column < job.columns; column += n) {
        uint32_t total[kChunk] = {};
        n = at_most(kChunk, job.columns - column);
        if (!add_rows(job, bus, columns_from(job, column), n, total)) return false;
        each(total, n, [count](Number sum) { return sum / Number::of(count); });
        if (!y.put(total, n)) return false;
    }
    return true;
}

}  // namespace tessera::fw
