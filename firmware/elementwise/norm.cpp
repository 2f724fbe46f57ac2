// SPDX-License-Identifier: MIT
#include "firmware/elementwise/chunk.h"
#include "firmware/elementwise/norm_job.h"

namespace tessera::fw {
namespace {

/// What is taken from an element, and what that is multiplied with; fp32 bits.
struct Moments {
    uint32_t mean = 0, inverse = 0;
};

/// Rows [first, end) that have their moments together.
struct RowRange {
    uint32_t first = 0, end = 0;
};

/// Adds many numbers, 64 at a time, so that a small one meets no large sum.
class LongSum {
  public:
    void add(uint32_t x) {
        part_ = spec::fp_add(part_, x);
        if (++count_ % 64 != 0) return;
        total_ = spec::fp_add(total_, part_);
        part_ = 0;
    }
    uint32_t total() const { return spec::fp_add(total_, part_); }

  private:
    uint32_t part_ = 0, total_ = 0, count_ = 0;
};

/// The sum of f over the elements of a row.
template <typename F>
bool sum_row(const NormJob& job, Bus& bus, uint32_t row, F f, uint32_t& sum) {
    RowReader a(bus, job.a, job.columns, row);
    sum = 0;
    for (uint32_t column = 0, n = 0; column < job.columns; column += n) {
        uint32_t x[kChunk];
        n = at_most(kChunk, job.columns - column);
        if (!a.take(x, n)) return false;
        sum = add_each(sum, x, n, f);
    }
    return true;
}

template <typename F>
bool sum_rows(const NormJob& job, Bus& bus, const RowRange& rows, F f, uint32_t& total) {
    LongSum sum;
    for (uint32_t row = rows.first; row < rows.end; ++row) {
        uint32_t of_row = 0;
        if (!sum_row(job, bus, row, f, of_row)) return false;
        sum.add(of_row);
    }
    total = sum.total();
    return true;
}

/// A sum over as many elements as these rows have.
uint32_t mean_of(uint32_t sum, const NormJob& job, const RowRange& rows) {
    const uint32_t of_row = spec::fp_div(sum, fp_of(static_cast<int32_t>(job.columns)));
    return spec::fp_div(of_row, fp_of(static_cast<int32_t>(rows.end - rows.first)));
}

bool find_moments(const NormJob& job, Bus& bus, const RowRange& rows, Moments& moments) {
    uint32_t sum = 0;
    if (centred(job.norm)) {
        if (!sum_rows(
                job, bus, rows, [](Number a) { return a; }, sum))
            return false;
        moments.mean = mean_of(sum, job, rows);
    }
    const auto square = [&moments](Number a) {
        const Number rest = a - Number::of(moments.mean);
        return rest * rest;
    };
    if (!sum_rows(job, bus, rows, square, sum)) return false;
    const uint32_t squares = job.norm == Norm::kL2 ? sum : mean_of(sum, job, rows);
    moments.inverse = spec::fp_div(spec::kOne, fp_sqrt(spec::fp_add(squares, job.eps)));
    return true;
}

bool write_row(const NormJob& job, const spec::DeviceParams& device, Bus& bus, uint32_t row,
               const Moments& moments) {
    RowReader a(bus, job.a, job.columns, row), gamma(bus, job.gamma, job.columns, 0),
        beta(bus, job.beta, job.columns, 0);
    RowWriter y(bus, job.y, job.columns, row, device.bus_bytes);
    for (uint32_t column = 0, n = 0; column < job.columns; column += n) {
        uint32_t x[kChunk], other[kChunk];
        n = at_most(kChunk, job.columns - column);
        if (!a.take(x, n)) return false;
        each(x, n, [&](Number e) {
            return (e - Number::of(moments.mean)) * Number::of(moments.inverse);
        });
        if (job.has_gamma) {
            if (!gamma.take(other, n)) return false;
            multiply_chunk(x, other, n);
        }
        if (job.has_beta) {
            if (!beta.take(other, n)) return false;
            add_chunk(x, other, n);
        }
        if (!y.put(x, n)) return false;
    }
    return true;
}

}  // namespace

JobRule check_elementwise_job(const NormJob& job, const spec::DeviceParams& device) {
    constexpr uint32_t kMostWhole = 1u << 24;  // that fp32 has
    if (job.rows == 0 || job.columns == 0) return JobRule::kEmpty;
    if (static_cast<uint32_t>(job.norm) >= kNorms) return JobRule::kKind;
    if (job.rows > kMostWhole || job.columns > kMostWhole) return JobRule::kDimension;
    const auto good = [&](bool there, const MatrixView& view) {
        return !there || placed_view(view, job.columns, device);
    };
    return good(true, job.a) && good(job.has_gamma, job.gamma) && good(job.has_beta, job.beta) &&
                   good(true, job.y)
               ? JobRule::kNone
               : JobRule::kAlignment;
}

ElementWork elementwise_work(const NormJob& job, const spec::DeviceParams& device) {
    ElementWork work;
    const uint64_t elements = uint64_t{job.rows} * job.columns;
    const uint32_t statistics = centred(job.norm) ? 2 : 1;
    work.add(ElementClass::kStatistic, statistics * elements);
    work.add(ElementClass::kArithmetic, elements);
    uint64_t row = (statistics + 1) * row_bytes_read(job.a, job.columns);
    if (job.has_gamma) row += row_bytes_read(job.gamma, job.columns);
    if (job.has_beta) row += row_bytes_read(job.beta, job.columns);
    work.bytes_read = job.rows * row;
    work.bytes_written = job.rows * row_bytes_written(job.y, job.columns, device.bus_bytes);
    return work;
}

bool do_elementwise(const NormJob& job, const spec::DeviceParams& device, Bus& bus) {
    const uint32_t together = job.norm == Norm::kWhole ? job.rows : 1;
    for (RowRange rows{0, together}; rows.first < job.rows;
         rows = {rows.end, rows.end + together}) {
        Moments moments;
        if (!find_moments(job, bus, rows, moments)) return false;
        for (uint32_t row = rows.first; row < rows.end; ++row)
            if (!write_row(job, device, bus, row, moments)) return false;
    }
    return true;
}

}  // namespace tessera::fw
