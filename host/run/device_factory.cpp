// SPDX-License-Identifier: MIT
#include "host/run/device_factory.h"

#include <fmt/format.h>

#include "host/error.h"
#ifdef TESSERA_HAS_RTL
#include "rtl/sim/rtl_device.h"
#endif

namespace tessera::host {
namespace {

#ifdef TESSERA_HAS_RTL
void check_wave(const ResolvedConfig& config) {
    if (!rtl::has_waveforms(config.platform.params))
        throw UserError(
            "`experiment`: `outputs.wave`: this device's RTL was built without waveforms; "
            "TESSERA_RTL_WAVES says which have them (docs/use/verify.md)");
}

hw::DeviceFactory rtl_factory(const ResolvedConfig& config, const std::string& wave) {
    if (!rtl::has_verilated_top(config.platform.params))
        throw UserError(
            fmt::format("device {}: this program has no RTL with its parameters, only that of {}; "
                        "TESSERA_RTL_DEVICES says what is built (docs/use/verify.md)",
                        config.device_name, rtl::verilated_top_names()));
    if (!wave.empty()) check_wave(config);
    return rtl::rtl_factory(wave);
}
#else
hw::DeviceFactory rtl_factory(const ResolvedConfig&, const std::string&) {
    throw UserError(
        "this program was built without the RTL; build the one that has it with "
        "cmake --workflow --preset rtl");
}
#endif

}  // namespace

hw::DeviceFactory device_factory(Implementation implementation, const ResolvedConfig& config,
                                 const std::string& wave) {
    return implementation == Implementation::kRtl ? rtl_factory(config, wave) : hw::DeviceFactory();
}

}  // namespace tessera::host
