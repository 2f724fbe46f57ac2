// SPDX-License-Identifier: MIT
#include "host/run/device_error.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/run/command_names.h"
#include "host/text.h"

namespace tessera::host {
namespace {

/// Errors that no single command caused.
bool has_command(spec::ErrorCode error) {
    return error != spec::ErrorCode::kBadRing && error != spec::ErrorCode::kDescriptorBus;
}

std::string device_error_text(const RunOutcome& outcome, const Layout& layout,
                              const spec::DeviceParams& params) {
    const fw::Status& status = outcome.firmware.status;
    std::string text = fmt::format("device error {}: {}", static_cast<uint32_t>(status.error),
                                   spec::error_text(status.error));
    if (!has_command(status.error)) return text;
    const uint64_t number = number_of_tag(status.tag, outcome.commands_total);
    CommandNames names(layout, params, outcome.merging.retried);
    names.go_to(number);
    return text + fmt::format("; command {} (tag {}): {}", number, status.tag, names.description());
}

/// Firmware counts heads over all of its jobs, and rows within each.
fw::Unresolved::Row row_of_tensor(fw::Unresolved::Row row, const Layout& layout) {
    if (layout.sequences.empty()) return row;
    const uint32_t heads = layout.job.query_heads / layout.batch;
    const SequencePlace& place = layout.sequences[row.head / heads].place;
    return {place.query_head + row.head % heads, place.first_query + row.row};
}

/// "black-box device: 3 rows whose softmax sum could not be recovered (head 0 row 5, 9; head 1 row
/// 77): ...".
std::string unresolved_text(const fw::Unresolved& unresolved, const Layout& layout) {
    std::string rows;
    uint32_t last_head = 0;
    const uint32_t named = std::min(unresolved.rows, fw::Unresolved::kNamed);
    for (uint32_t i = 0; i < named; ++i) {
        const fw::Unresolved::Row row = row_of_tensor(unresolved.named[i], layout);
        const bool same_head = i != 0 && last_head == row.head;
        last_head = row.head;
        rows += same_head ? fmt::format(", {}", row.row)
                          : fmt::format("{}head {} row {}", i == 0 ? "" : "; ", row.head, row.row);
    }
    if (named != unresolved.rows) rows += fmt::format(" and {} more", unresolved.rows - named);
    const char* reason =
        layout.job.sentinel.query_column
            ? layout.job.sentinel.form == fw::SentinelForm::kTwoCalls
                  ? "no level of the sentinel gives a share in range; `schedule.sentinel=columns` "
                    "and `schedule.sentinel=split` have a wider range"
                  : "no level of the sentinel gives a share in range"
            : "the sentinel is the zero key, as d_k = D leaves no column for "
              "another, and its share is out of range; use a device with a "
              "larger D";
    return fmt::format(
        "black-box device: {} whose softmax sum could not be recovered ({}): {}; there is no "
        "result",
        plural(unresolved.rows, "row"), rows, reason);
}

}  // namespace

void require_success(const RunOutcome& outcome, const Layout& layout,
                     const spec::DeviceParams& params) {
    const fw::Status& status = outcome.firmware.status;
    if (status.code == fw::Code::kDeviceError)
        throw DeviceError(device_error_text(outcome, layout, params));
    if (status.code == fw::Code::kUnresolved)
        throw DeviceError(unresolved_text(outcome.firmware.unresolved, layout));
    require_success(status);
}

void require_success(const fw::Status& status) {
    switch (status.code) {
        case fw::Code::kOk: return;
        case fw::Code::kDeviceError:
            throw DeviceError(fmt::format("device error {}: {}; command with tag {}",
                                          static_cast<uint32_t>(status.error),
                                          spec::error_text(status.error), status.tag));
        case fw::Code::kBusFault:
            throw DeviceError(
                "firmware: an access to a register or to memory ended with a bus error");
        case fw::Code::kWrongDevice:
            throw DeviceError("firmware: unknown device (ID or VERSION mismatch)");
        case fw::Code::kResetTimeout:
            throw DeviceError("firmware: the soft reset of the device did not end");
        case fw::Code::kUnresolved:
        case fw::Code::kBadJob: break;
    }
    throw std::logic_error(
        fmt::format("firmware refused the job, rule {}", static_cast<uint32_t>(status.rule)));
}

}  // namespace tessera::host
