// SPDX-License-Identifier: MIT
#include "host/library/point.h"

#include <algorithm>
#include <new>

#include "host/library/attention_point.h"
#include "host/library/operation_point.h"

namespace tessera::host {

void Point::set_document(Document document) {
    document_ = std::move(document);
    document_.content.entries.emplace_back(verdict_section(verdict()));
}

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

std::unique_ptr<Point> run_point(const Experiment& experiment, const Caller& caller,
                                 const RunHooks& hooks) {
    try {
        std::unique_ptr<Point> point = make_point(experiment, caller, hooks);
        point->run();
        return point;
    } catch (const std::bad_alloc&) {
        throw out_of_host_memory(!experiment.outputs.timing_only);
    }
}

UserError out_of_host_memory(bool with_data) {
    std::string text = "out of host memory; try a smaller problem";
    if (with_data) text += ", or `outputs.timing_only`";
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
