// SPDX-License-Identifier: MIT
#include "host/cli/run_command.h"

#include <fmt/format.h>

#include "host/cli/field_options.h"
#include "host/cli/progress.h"
#include "host/cli/report_format.h"
#include "host/library/point.h"
#include "host/report/page.h"

namespace tessera::host {

int exit_code(ErrorCode code) {
    switch (code) {
        case ErrorCode::kUser:
        case ErrorCode::kCancelled: return kExitUserError;
        case ErrorCode::kMismatch: return kExitMismatch;
        case ErrorCode::kNotValid: return kExitNotValid;
        case ErrorCode::kDevice: return kExitDeviceError;
        case ErrorCode::kInternal: break;
    }
    return kExitInternalError;
}

int run_command(const CommandLine& line, const std::vector<std::string>& command_line) {
    Progress progress;
    const Caller caller{command_line, line.sources, false, with_options};
    const std::unique_ptr<Point> point = run_point(line.experiment, caller, progress.hooks());
    progress.finish();
    fmt::print("{}", point->text(report_format(line.format)));
    if (!line.experiment.outputs.folder.empty() && report_format(line.format) != Format::kTable &&
        line.experiment.operation == OperationKind::kAttention && !page_is_built())
        progress.note(kNoPage);  // the table says so itself
    const RunVerdict verdict = point->verdict();
    for (const std::string& remark : remarks_on(verdict))
        fmt::print(stderr, "tessera: {}\n", message_text(remark));
    return exit_code(verdict_of(verdict));
}

}  // namespace tessera::host
