// SPDX-License-Identifier: MIT
#include "host/config/energy_keys.h"

#include "host/error.h"

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

/// UserError where the first of two keys is above the second; it names the one that was given.
void check_range(const ResolvedConfig& config, const char* low, const char* high) {
    const KeyValue least = find_key(low)->get(config), most = find_key(high)->get(config);
    if (std::get<double>(least) <= std::get<double>(most)) return;
    const auto of_low = config.given.find(low), of_high = config.given.find(high);
    if (of_low != config.given.end())
        throw bad_value(of_low->second, low, value_text(least),
                        std::string("at most ") + high + ", " + value_text(most));
    throw bad_value(of_high->second, high, value_text(most),
                    std::string("at least ") + low + ", " + value_text(least));
}

}  // namespace

void check_energy(const ResolvedConfig& config) {
    check_range(config, "energy.dram_byte_low_pj", "energy.dram_byte_high_pj");
    const auto node = config.given.find("energy.node");
    if (node == config.given.end() || config.energy.node == EnergyTable().node) return;
    for (const EnergyConstant& constant : kEnergyConstants)
        if (config.given.count(std::string("energy.") + constant.name + "_pj") != 0) return;
    throw UserError(node->second + ": energy.node is " + printable(config.energy.node) +
                    ", but all constants are the defaults, which are for " + EnergyTable().node +
                    "; give energy.NAME_pj too");
}

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
