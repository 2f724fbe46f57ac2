// SPDX-License-Identifier: MIT
#include "firmware/elementwise/chunk.h"
#include "firmware/elementwise/element_functions.h"
#include "firmware/elementwise/elementwise_job.h"
#include "spec/integers.h"

namespace tessera::fw {
namespace {

void apply(const ElementwiseJob& job, uint32_t* x, const uint32_t* b, uint32_t count) {
    switch (job.function) {
        case ElementFunction::kAdd: return add_chunk(x, b, count);
        case ElementFunction::kScale: return scale_chunk(x, job.factor, count);
        case ElementFunction::kRelu: return each(x, count, relu_of<Number>);
        case ElementFunction::kSigmoid: return each(x, count, sigmoid_of<Number>);
        case ElementFunction::kSilu: return each(x, count, silu_of<Number>);
        default: return each(x, count, gelu_tanh<Number>);
    }
}

/// Is a, no NaN, above b?
bool above(uint32_t a, uint32_t b) {
    const bool negative = (a & spec::kSign) != 0;
    if (negative != ((b & spec::kSign) != 0)) return !negative;
    return negative ? a < b : a > b;
}

/// The same where zeros are alike, subnormals too.
bool larger(uint32_t a, uint32_t b) {
    return above(spec::is_zero(a) ? 0 : a, spec::is_zero(b) ? 0 : b);
}

/// A statistic while a row passes.
class Statistic {
  public:
    explicit Statistic(ElementFunction function) : function_(function) {}

    void add(const uint32_t* x, uint32_t count) {
        switch (function_) {
            case ElementFunction::kRowMax: add_most(x, count); break;
            case ElementFunction::kRowArgmax: find_most(x, count); break;
            case ElementFunction::kRowRms:
                value_ = add_each(value_, x, count, [](Number a) { return a * a; });
                break;
            default: value_ = add_each(value_, x, count, [](Number a) { return a; });
        }
        count_ += count;
    }
    uint32_t result() const {
        const uint32_t mean = spec::fp_div(value_, fp_of(static_cast<int32_t>(count_)));
        switch (function_) {
            case ElementFunction::kRowMean: return mean;
            case ElementFunction::kRowRms: return fp_sqrt(mean);
            case ElementFunction::kRowArgmax: return place_;
            default: return value_;
        }
    }

  private:
    void add_most(const uint32_t* x, uint32_t count) {
        for (uint32_t i = 0; i < count; ++i)
            if (spec::is_nan(x[i]) || spec::is_nan(value_))
                value_ = spec::kNan;
            else if (count_ + i == 0 || above(x[i], value_))
                value_ = x[i];
    }
    void find_most(const uint32_t* x, uint32_t count) {
        for (uint32_t i = 0; i < count; ++i) {
            if (count_ + i != 0 && spec::is_nan(value_)) return;
            if (count_ + i != 0 && !spec::is_nan(x[i]) && !larger(x[i], value_)) continue;
            value_ = x[i];
            place_ = count_ + i;
        }
    }

    ElementFunction function_;
    uint32_t value_ = 0, count_ = 0, place_ = 0;
};

/// Columns of a that a statistic is of.
uint32_t statistic_columns(const ElementwiseJob& job) {
    return job.across_blocks ? job.columns : at_most(job.a.block, job.columns);
}

uint32_t result_columns(const ElementwiseJob& job) {
    if (!is_statistic(job.function)) return job.columns;
    return spec::divide_up(job.columns, statistic_columns(job));
}

/// The statistics of a row.
bool run_statistic(const ElementwiseJob& job, const spec::DeviceParams& device, Bus& bus,
                   uint32_t row) {
    RowReader a(bus, job.a, job.columns, row);
    RowWriter y(bus, job.y, result_columns(job), row, device.bus_bytes);
    for (uint32_t column = 0; column < job.columns;) {
        Statistic statistic(job.function);
        const uint32_t end = column + at_most(statistic_columns(job), job.columns - column);
        for (uint32_t n = 0; column < end; column += n) {
            uint32_t x[kChunk];
            n = at_most(kChunk, end - column);
            if (!a.take(x, n)) return false;
            statistic.add(x, n);
        }
        const uint32_t result = statistic.result();
        if (!y.put(&result, 1)) return false;
    }
    return true;
}

bool run_row(const ElementwiseJob& job, const spec::DeviceParams& device, Bus& bus, uint32_t row) {
    RowReader a(bus, job.a, job.columns, row), b(bus, job.b, job.columns, row);
    RowWriter y(bus, job.y, job.columns, row, device.bus_bytes);
    const bool two = job.function == ElementFunction::kAdd;
    for (uint32_t column = 0, n = 0; column < job.columns; column += n) {
        uint32_t left[kChunk], right[kChunk];
        n = at_most(kChunk, job.columns - column);
        if (!a.take(left, n) || (two && !b.take(right, n))) return false;
        apply(job, left, right, n);
        if (!y.put(left, n)) return false;
    }
    return true;
}

}  // namespace

JobRule check_elementwise_job(const ElementwiseJob& job, const spec::DeviceParams& device) {
    if (job.rows == 0 || job.columns == 0) return JobRule::kEmpty;
    if (static_cast<uint32_t>(job.function) >= kElementFunctions) return JobRule::kKind;
    const bool good =
        placed_view(job.a, job.columns, device) &&
        placed_view(job.y, result_columns(job), device) &&
        (job.function != ElementFunction::kRowArgmax || !job.y.bf16) &&
        (job.function != ElementFunction::kAdd || placed_view(job.b, job.columns, device));
    return good ? JobRule::kNone : JobRule::kAlignment;
}

ElementWork elementwise_work(const ElementwiseJob& job, const spec::DeviceParams& device) {
    ElementWork work;
    work.add(class_of(job.function), uint64_t{job.rows} * job.columns);
    work.bytes_read = job.rows * row_bytes_read(job.a, job.columns);
    if (job.function == ElementFunction::kAdd)
        work.bytes_read += job.rows * row_bytes_read(job.b, job.columns);
    work.bytes_written = job.rows * row_bytes_written(job.y, result_columns(job), device.bus_bytes);
    return work;
}

bool do_elementwise(const ElementwiseJob& job, const spec::DeviceParams& device, Bus& bus) {
    for (uint32_t row = 0; row < job.rows; ++row)
        if (!(is_statistic(job.function) ? run_statistic(job, device, bus, row)
                                         : run_row(job, device, bus, row)))
            return false;
    return true;
}

}  // namespace tessera::fw
