// SPDX-License-Identifier: MIT
#include "firmware/elementwise/chunk.h"
#include "firmware/elementwise/rotary_job.h"

namespace tessera::fw {
namespace {

bool take_all(RowReader& from, uint32_t* elements, uint32_t count) {
    for (uint32_t at = 0, n = 0; at < count; at += n) {
        n = at_most(kChunk, count - at);
        if (!from.take(elements + at, n)) return false;
    }
    return true;
}

bool put_all(RowWriter& to, const uint32_t* elements, uint32_t count) {
    for (uint32_t at = 0, n = 0; at < count; at += n) {
        n = at_most(kChunk, count - at);
        if (!to.put(elements + at, n)) return false;
    }
    return true;
}

void rotate(const RotaryJob& job, const uint32_t* table, uint32_t* x) {
    const NumberMode mode;
    const uint32_t pairs = job.rotated / 2;
    const bool halves = job.pairs == RotaryPairs::kHalves;
    for (uint32_t i = 0; i < pairs; ++i) {
        uint32_t& first = x[halves ? i : 2 * i];
        uint32_t& second = x[halves ? i + pairs : 2 * i + 1];
        const Number u = Number::of(first), v = Number::of(second);
        const Number cosine = Number::of(table[i]), sine = Number::of(table[pairs + i]);
        first = (u * cosine - v * sine).bits();
        second = (v * cosine + u * sine).bits();
    }
}

/// One row of one head, of which a and y have the next columns.
bool run_head(const RotaryJob& job, const uint32_t* table, RowReader& a, RowWriter& y) {
    uint32_t x[kMaxRotated];
    if (!take_all(a, x, job.rotated)) return false;
    rotate(job, table, x);
    if (job.has_factor) scale_chunk(x, job.factor, job.rotated);
    if (!put_all(y, x, job.rotated)) return false;
    for (uint32_t column = job.rotated, n = 0; column < job.width; column += n) {
        n = at_most(kChunk, job.width - column);
        if (!a.take(x, n)) return false;
        if (job.has_factor) scale_chunk(x, job.factor, n);
        if (!y.put(x, n)) return false;
    }
    return true;
}

bool run_row(const RotaryJob& job, const spec::DeviceParams& device, Bus& bus, uint32_t row) {
    const uint32_t columns = job.heads * job.width;
    RowReader a(bus, job.a, columns, row),
        of_position(bus, job.table, job.rotated, job.position + row);
    RowWriter y(bus, job.y, columns, row, device.bus_bytes);
    uint32_t table[kMaxRotated];
    if (!take_all(of_position, table, job.rotated)) return false;
    for (uint32_t head = 0; head < job.heads; ++head)
        if (!run_head(job, table, a, y)) return false;
    return true;
}

}  // namespace

JobRule check_elementwise_job(const RotaryJob& job, const spec::DeviceParams& device) {
    if (job.rows == 0 || job.heads == 0 || job.width == 0) return JobRule::kEmpty;
    if (static_cast<uint32_t>(job.pairs) >= kRotaryPairs) return JobRule::kKind;
    if (job.rotated % 2 != 0 || job.rotated > at_most(job.width, kMaxRotated))
        return JobRule::kDimension;
    const uint32_t columns = job.heads * job.width;
    const bool good = placed_view(job.a, columns, device) &&
                      (job.rotated == 0 || placed_view(job.table, job.rotated, device)) &&
                      placed_view(job.y, columns, device);
    return good ? JobRule::kNone : JobRule::kAlignment;
}

ElementWork elementwise_work(const RotaryJob& job, const spec::DeviceParams& device) {
    ElementWork work;
    const uint32_t columns = job.heads * job.width;
    work.add(ElementClass::kRotary, uint64_t{job.rows} * columns);
    work.bytes_read =
        job.rows * (row_bytes_read(job.a, columns) + row_bytes_read(job.table, job.rotated));
    work.bytes_written = job.rows * row_bytes_written(job.y, columns, device.bus_bytes);
    return work;
}

bool do_elementwise(const RotaryJob& job, const spec::DeviceParams& device, Bus& bus) {
    for (uint32_t row = 0; row < job.rows; ++row)
        if (!run_row(job, device, bus, row)) return false;
    return true;
}

}  // namespace tessera::fw
