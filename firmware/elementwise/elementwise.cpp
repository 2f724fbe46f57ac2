// SPDX-License-Identifier: MIT
#include "firmware/elementwise/element_functions.h"
#include "firmware/elementwise/elementwise_job.h"
#include "firmware/plan/tiles.h"

namespace tessera::fw {
namespace {

constexpr uint32_t element_bytes(bool bf16) { return bf16 ? 2 : 4; }

/// The elements of a row, one after the other, by 32-bit reads.
class RowReader {
  public:
    RowReader(Bus& bus, const Tensor& tensor, uint32_t block, uint32_t row, bool bf16)
        : bus_(bus), address_(row_address(tensor, block, row)), bf16_(bf16) {}

    [[nodiscard]] bool next(uint32_t& element) {
        if (!bf16_ || !half_) {
            if (!bus_.read32(address_, word_)) return false;
            address_ += 4;
        }
        element =
            bf16_ ? spec::bf16_to_fp32(static_cast<uint16_t>(half_ ? word_ >> 16 : word_)) : word_;
        half_ = !half_;
        return true;
    }

  private:
    Bus& bus_;
    uint64_t address_;
    bool bf16_, half_ = false;  ///< half: the second of a word comes next
    uint32_t word_ = 0;
};

/// Writes the elements of a row, by 32-bit writes.
class RowWriter {
  public:
    RowWriter(Bus& bus, const Tensor& tensor, uint32_t block, uint32_t row, bool bf16)
        : bus_(bus), address_(row_address(tensor, block, row)), bf16_(bf16) {}

    [[nodiscard]] bool put(uint32_t element) {
        if (!bf16_) return write(element);
        const uint32_t bits = spec::fp32_to_bf16(element);
        half_ = !half_;
        if (half_) {
            word_ = bits;
            return true;
        }
        return write(word_ | bits << 16);
    }
    /// Ends the row with zeros up to a whole beat.
    [[nodiscard]] bool end(uint32_t bus_bytes) {
        if (half_ && !put(0)) return false;
        while (address_ % bus_bytes != 0)
            if (!write(0)) return false;
        return true;
    }

  private:
    [[nodiscard]] bool write(uint32_t word) {
        address_ += 4;
        return bus_.write32(address_ - 4, word);
    }

    Bus& bus_;
    uint64_t address_;
    bool bf16_, half_ = false;  ///< half: the first of a word waits for the second
    uint32_t word_ = 0;
};

uint32_t columns_of(const ElementwiseJob& job, uint32_t block) {
    return block + 1 == job.blocks ? job.last_columns : job.columns;
}

uint32_t apply(const ElementwiseJob& job, uint32_t a, uint32_t b) {
    switch (job.function) {
        case ElementFunction::kAdd: return spec::fp_add(a, b);
        case ElementFunction::kScale: return spec::fp_mul(a, job.factor);
        case ElementFunction::kRelu:
            return spec::is_nan(a) ? spec::kNan : (a & spec::kSign) != 0 ? 0 : a;
        case ElementFunction::kSigmoid: return fp_gated(spec::kOne, a);
        case ElementFunction::kSilu: return fp_gated(a, a);
        case ElementFunction::kGelu: return fp_gated(a, gelu_argument(a));
        default: return spec::kNan;  // statistics are of rows
    }
}

/// Is a, no NaN, above b?
bool above(uint32_t a, uint32_t b) {
    const bool negative = (a & spec::kSign) != 0;
    if (negative != ((b & spec::kSign) != 0)) return !negative;
    return negative ? a < b : a > b;
}

/// A statistic while a row passes.
class Statistic {
  public:
    explicit Statistic(ElementFunction function) : function_(function) {}

    void add(uint32_t x) {
        if (function_ == ElementFunction::kRowMax) {
            if (spec::is_nan(x) || spec::is_nan(value_))
                value_ = spec::kNan;
            else if (count_ == 0 || above(x, value_))
                value_ = x;
        } else {
            const bool squares = function_ == ElementFunction::kRowRms;
            value_ = spec::fp_add(value_, squares ? spec::fp_mul(x, x) : x);
        }
        ++count_;
    }
    uint32_t result() const {
        const uint32_t mean = spec::fp_div(value_, fp_of(static_cast<int32_t>(count_)));
        switch (function_) {
            case ElementFunction::kRowMean: return mean;
            case ElementFunction::kRowRms: return fp_sqrt(mean);
            default: return value_;
        }
    }

  private:
    ElementFunction function_;
    uint32_t value_ = 0, count_ = 0;
};

bool add_row(const ElementwiseJob& job, Bus& bus, uint32_t block, uint32_t row,
             Statistic& statistic) {
    RowReader a(bus, job.a, block, row, job.a_bf16);
    for (uint32_t c = 0; c < columns_of(job, block); ++c) {
        uint32_t x = 0;
        if (!a.next(x)) return false;
        statistic.add(x);
    }
    return true;
}

/// The statistic of a row of blocks [first, end), into block `first` of y.
bool run_statistic(const ElementwiseJob& job, const spec::DeviceParams& device, Bus& bus,
                   uint32_t first, uint32_t end, uint32_t row) {
    Statistic statistic(job.function);
    for (uint32_t block = first; block < end; ++block)
        if (!add_row(job, bus, block, row, statistic)) return false;
    RowWriter y(bus, job.y, first, row, job.y_bf16);
    return y.put(statistic.result()) && y.end(device.bus_bytes);
}

bool run_row(const ElementwiseJob& job, const spec::DeviceParams& device, Bus& bus, uint32_t block,
             uint32_t row) {
    RowReader a(bus, job.a, block, row, job.a_bf16), b(bus, job.b, block, row, job.b_bf16);
    RowWriter y(bus, job.y, block, row, job.y_bf16);
    const bool two = job.function == ElementFunction::kAdd;
    for (uint32_t c = 0; c < columns_of(job, block); ++c) {
        uint32_t left = 0, right = 0;
        if (!a.next(left) || (two && !b.next(right))) return false;
        if (!y.put(apply(job, left, right))) return false;
    }
    return y.end(device.bus_bytes);
}

/// Bytes of 32-bit accesses that `columns` elements take.
uint64_t access_bytes(uint32_t columns, bool bf16) {
    return spec::round_up(uint64_t{columns} * element_bytes(bf16), 4u);
}

}  // namespace

JobRule check_elementwise_job(const ElementwiseJob& job, const spec::DeviceParams& device) {
    if (job.blocks == 0 || job.rows == 0 || job.last_columns == 0 || job.last_columns > job.columns)
        return JobRule::kEmpty;
    const auto placed_rows = [&](const Tensor& tensor, uint32_t columns, bool bf16) {
        return placed(tensor, columns * element_bytes(bf16), device.bus_bytes);
    };
    const bool statistic = is_statistic(job.function);
    const bool good =
        placed_rows(job.a, job.columns, job.a_bf16) &&
        placed_rows(job.y, statistic ? 1 : job.columns, job.y_bf16) &&
        (job.function != ElementFunction::kAdd || placed_rows(job.b, job.columns, job.b_bf16));
    return good ? JobRule::kNone : JobRule::kAlignment;
}

ElementWork elementwise_work(const ElementwiseJob& job, const spec::DeviceParams& device) {
    ElementWork work;
    work.element_class = class_of(job.function);
    const bool statistic = is_statistic(job.function);
    for (uint32_t block = 0; block < job.blocks; ++block) {
        const uint32_t columns = columns_of(job, block);
        work.elements += uint64_t{job.rows} * columns;
        work.bytes_read += job.rows * access_bytes(columns, job.a_bf16);
        if (job.function == ElementFunction::kAdd)
            work.bytes_read += job.rows * access_bytes(columns, job.b_bf16);
        if (statistic && job.across_blocks && block != 0) continue;
        const uint64_t row = uint64_t{statistic ? 1 : columns} * element_bytes(job.y_bf16);
        work.bytes_written += job.rows * spec::round_up(row, device.bus_bytes);
    }
    return work;
}

bool do_elementwise(const ElementwiseJob& job, const spec::DeviceParams& device, Bus& bus) {
    const bool statistic = is_statistic(job.function);
    const uint32_t step = statistic && job.across_blocks ? job.blocks : 1;
    for (uint32_t block = 0; block < job.blocks; block += step)
        for (uint32_t row = 0; row < job.rows; ++row) {
            const bool good = statistic ? run_statistic(job, device, bus, block, block + step, row)
                                        : run_row(job, device, bus, block, row);
            if (!good) return false;
        }
    return true;
}

Status run_elementwise(const ElementwiseJob& job, Driver& driver, Accounting* accounting) {
    if (!driver.fault().ok()) return driver.fault();
    const JobRule rule = check_elementwise_job(job, driver.device());
    if (rule != JobRule::kNone) return refused(rule);
    const bool data = accounting == nullptr || accounting->holds_data();
    if (data && !do_elementwise(job, driver.device(), driver.bus())) return failed(Code::kBusFault);
    if (accounting != nullptr) accounting->worked(elementwise_work(job, driver.device()));
    return driver.fence();
}

}  // namespace tessera::fw
