// SPDX-License-Identifier: MIT
#include "host/config/energy_keys.h"

namespace tessera::host {

namespace {

constexpr double kMaxPicojoules = 10000;

/// The source of a default in a few words.
const char* brief(const EnergyConstant& constant) {
    return constant.source == kDramEnergySource ? "O'Connor, MICRO 2017" : "Horowitz, ISSCC 2014";
}

template <size_t kIndex>
ConfigKey constant(const char* counted) {
    const EnergyConstant& c = kEnergyConstants[kIndex];
    return {std::string("energy.") + c.name + "_pj",
            KeyFile::kDevice,
            KeyKind::kNumber,
            false,
            true,
            0,
            kMaxPicojoules,
            {},
            std::string("pJ ") + counted + "; default: " + brief(c),
            [](ResolvedConfig& config, const KeyValue& v) {
                config.energy.*kEnergyConstants[kIndex].picojoules = std::get<double>(v);
            },
            [](const ResolvedConfig& config) {
                return KeyValue(config.energy.*kEnergyConstants[kIndex].picojoules);
            }};
}

template <std::string EnergyTable::*kMember>
ConfigKey text(const char* path, const char* meaning) {
    return {
        path,
        KeyFile::kDevice,
        KeyKind::kText,
        false,
        true,
        0,
        0,
        {},
        meaning,
        [](ResolvedConfig& c, const KeyValue& v) { c.energy.*kMember = std::get<std::string>(v); },
        [](const ResolvedConfig& c) { return KeyValue(c.energy.*kMember); }};
}

}  // namespace

std::vector<ConfigKey> energy_keys() {
    return {
        text<&EnergyTable::node>("energy.node", "what the constants of the estimate are for"),
        text<&EnergyTable::source>("energy.source",
                                   "where the constants that are given come from; the report says "
                                   "it beside each of them"),
        constant<0>("for a multiplication and an addition of the arrays"),
        constant<1>("to make a weight of a score"),
        constant<2>("to merge an element of a state row"),
        constant<3>("for the division of an element of o"),
        constant<4>("for a byte of the device's memories"),
        constant<5>("for a byte through the memory port, low end"),
        constant<6>("for a byte through the memory port, high end"),
        constant<7>("to open a row of a DRAM, by KiB of it"),
        constant<8>("for a byte that a column command of a DRAM moves"),
    };
}

}  // namespace tessera::host
