// SPDX-License-Identifier: MIT
#include "host/cli/device_error.h"

#include <fmt/format.h>

#include "host/report/command_names.h"

namespace tessera::host {
namespace {

/// Errors that no single command caused.
bool has_command(spec::ErrorCode error) {
    return error != spec::ErrorCode::kBadRing && error != spec::ErrorCode::kDescriptorBus;
}

std::string device_error_text(const RunOutcome& outcome, const Layout& layout,
                              const spec::DeviceParams& params) {
    const fw::Status& status = outcome.status;
    std::string text = fmt::format("device error {}: {}", static_cast<uint32_t>(status.error),
                                   spec::error_text(status.error));
    if (!has_command(status.error)) return text;
    const uint64_t sequence = sequence_of_tag(status.tag, outcome.commands_total);
    CommandNames names(layout, params);
    names.go_to(sequence);
    return text +
           fmt::format("; command {} (tag {}): {}", sequence, status.tag, names.description());
}

}  // namespace

void require_success(const RunOutcome& outcome, const Layout& layout,
                     const spec::DeviceParams& params) {
    const fw::Status& status = outcome.status;
    switch (status.code) {
        case fw::Code::kOk: return;
        case fw::Code::kDeviceError: throw DeviceError(device_error_text(outcome, layout, params));
        case fw::Code::kBusFault:
            throw DeviceError("firmware: an access to a register or to memory got a bus error");
        case fw::Code::kWrongDevice:
            throw DeviceError("firmware: this is not a device it knows (ID or VERSION)");
        case fw::Code::kResetTimeout:
            throw DeviceError("firmware: the device's soft reset did not end");
        case fw::Code::kBadJob: break;
    }
    throw std::logic_error(
        fmt::format("firmware refused the job, rule {}", static_cast<uint32_t>(status.rule)));
}

}  // namespace tessera::host
