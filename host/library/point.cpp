// SPDX-License-Identifier: MIT
#include "host/library/point.h"

#include <algorithm>

#include "host/library/attention_point.h"
#include "host/library/operation_point.h"

namespace tessera::host {

std::string Point::text(Format format) const {
    const std::string report = caller_.words(render(document_, format));
    return format == Format::kTable ? report + files_text() : report;
}

std::unique_ptr<Point> make_point(const Experiment& experiment, const Caller& caller,
                                  const RunHooks& hooks) {
    if (experiment.operation == OperationKind::kAttention)
        return std::make_unique<AttentionPoint>(experiment, caller, hooks);
    return std::make_unique<OperationPoint>(experiment, caller, hooks);
}

UserError out_of_host_memory(const Experiment& experiment) {
    std::string text = "out of host memory; try a smaller problem";
    if (!experiment.outputs.timing_only) text += ", or `outputs.timing_only`";
    return UserError(text);
}

Report::Tensor tensor_of(const std::string& name, const std::vector<uint64_t>& shape,
                         const std::vector<float>& values,
                         const std::function<uint64_t(uint64_t row)>& place_of_row) {
    Report::Tensor tensor{name, shape, std::vector<float>(values.size())};
    const uint64_t columns = shape.back();
    for (uint64_t row = 0; row * columns < values.size(); ++row)
        std::copy_n(values.begin() + static_cast<ptrdiff_t>(row * columns), columns,
                    tensor.values.begin() + static_cast<ptrdiff_t>(place_of_row(row) * columns));
    return tensor;
}

}  // namespace tessera::host
