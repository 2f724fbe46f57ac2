// SPDX-License-Identifier: MIT
// Work on single elements, which the device cannot do: the processor's, as the host hands it to
// firmware. docs/contract/schedules.md, section 8.
#pragma once
#include <stdint.h>

#include "firmware/driver/bus.h"
#include "firmware/driver/status.h"
#include "firmware/elementwise/matrix_view.h"
#include "firmware/merge/accounting.h"
#include "spec/params.h"

namespace tessera::fw {

enum class ElementFunction : uint32_t {
    kAdd = 0,      ///< a + b
    kScale = 1,    ///< a * factor
    kRelu = 2,     ///< max(a, 0)
    kSigmoid = 3,  ///< 1 / (1 + exp(-a))
    kSilu = 4,     ///< a * sigmoid(a)
    kGelu = 5,     ///< a * sigmoid(sqrt(8 / pi) * (a + 0.044715 a^3)), the form with tanh
    // One number a row:
    kRowMax = 6,
    kRowSum = 7,
    kRowMean = 8,
    kRowRms = 9,  ///< sqrt of the mean of the squares
    kRowArgmax =
        10,  ///< where the first of the largest is, a whole number of 32 bits; a NaN is largest
};
inline constexpr uint32_t kElementFunctions = 11;

constexpr bool is_statistic(ElementFunction f) { return f >= ElementFunction::kRowMax; }

/// What an element costs the processor depends on this alone.
constexpr ElementClass class_of(ElementFunction f) {
    if (is_statistic(f)) return ElementClass::kStatistic;
    return f <= ElementFunction::kRelu ? ElementClass::kArithmetic : ElementClass::kFunction;
}

/// y = f(a) or f(a, b), element by element, or a statistic of each row. All arithmetic is in fp32,
/// each operation rounded to nearest even, with subnormals as zeros (spec/float.h). Sums go from
/// the first element of a row to the last. Then comes one store, in fp32 or rounded to bf16.
struct ElementwiseJob {
    static constexpr uint32_t kKind = 5;  ///< of a request (docs/contract/jobs.md)
    ElementFunction function = ElementFunction::kAdd;
    uint32_t rows = 0, columns = 0;  ///< of a; a tensor of heads has them side by side
    uint32_t factor = 0;             ///< of kScale, fp32 bits
    /// A statistic is of a row of all blocks of a together; else of a row of each.
    bool across_blocks = false;
    MatrixView a;
    MatrixView b;  ///< only of kAdd
    /// May be a or b if it lies as that does. Of statistics a column each.
    MatrixView y;

    template <typename Each>
    constexpr void fields(Each& each) {
        each(function, rows, columns, factor, across_blocks, a, b, y);
    }
};

/// The first rule that `job` breaks on this device, or kNone.
[[nodiscard]] JobRule check_elementwise_job(const ElementwiseJob& job,
                                            const spec::DeviceParams& device);

/// What the job takes the processor, whatever the data.
ElementWork elementwise_work(const ElementwiseJob& job, const spec::DeviceParams& device);

/// Does the job. Rows of y are written in whole beats, zeros behind the elements. False if memory
/// answered with a bus error.
[[nodiscard]] bool do_elementwise(const ElementwiseJob& job, const spec::DeviceParams& device,
                                  Bus& bus);

}  // namespace tessera::fw
