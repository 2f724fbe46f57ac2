// SPDX-License-Identifier: MIT
// The constants of the energy estimate, in picojoules, each with its source. The defaults are one
// table for 45 nm; any of them is a key `energy.NAME_pj`. Not validated against any chip.
#pragma once
#include <array>
#include <string>

namespace tessera::host {

// From Horowitz: 16-bit float multiply 1.1 pJ, 32-bit float add 0.9 pJ and multiply 3.7 pJ, 8-bit
// integer multiply 0.2 pJ, 32-bit integer add 0.1 pJ; a 64-bit read of a 32 KiB cache 20 pJ; a
// 64-bit DRAM access 1.3 to 2.6 nJ. From O'Connor, table 3, HBM2: 909 pJ to activate a row of
// 1 KiB; 1.51 + 1.17 + 0.80 pJ/bit to move data.
struct EnergyTable {
    std::string node = "45 nm, 0.9 V";
    std::string source;  ///< of constants that are not the default ones
    double multiply_add = 1.1 + 0.9;
    double score_to_weight = 3.7 + 0.2 + 2 * 0.1;
    double merge_element = 0.9;
    double divide_element = 12 * 0.9;
    double sram_byte = 20.0 / 8;
    double dram_byte_low = 1300.0 / 8, dram_byte_high = 2600.0 / 8;
    double dram_activate_kib = 909;
    double dram_column_byte = 8 * (1.51 + 1.17 + 0.80);
};

inline constexpr const char* kEnergySource =
    "M. Horowitz, Computing's energy problem (and what we can do about it), ISSCC 2014";
inline constexpr const char* kDramEnergySource =
    "M. O'Connor et al., Fine-Grained DRAM, MICRO 2017, table 3, HBM2";

/// What a constant is, and of its default: where it is from.
struct EnergyConstant {
    const char* name;
    double EnergyTable::*picojoules;
    bool extrapolated;  ///< not a row of the source, but derived from it as `note` says
    const char* note;
    const char* source;
};

inline constexpr std::array<EnergyConstant, 9> kEnergyConstants = {{
    {"multiply_add", &EnergyTable::multiply_add, true,
     "16-bit float multiply 1.1 + 32-bit float add 0.9; bf16 has a shorter significand than fp16",
     kEnergySource},
    {"score_to_weight", &EnergyTable::score_to_weight, true,
     "32-bit float multiply 3.7 + 8-bit integer multiply 0.2 + two 32-bit integer adds 0.1",
     kEnergySource},
    {"merge_element", &EnergyTable::merge_element, false,
     "32-bit float add; the scaling is an exponent", kEnergySource},
    {"divide_element", &EnergyTable::divide_element, true,
     "radix-4 recurrence, 12 steps of one 32-bit float add 0.9", kEnergySource},
    {"sram_byte", &EnergyTable::sram_byte, true,
     "64-bit access of a 32 KiB cache 20 pJ, for any width and bank size", kEnergySource},
    {"dram_byte_low", &EnergyTable::dram_byte_low, false, "64-bit access, lower end",
     kEnergySource},
    {"dram_byte_high", &EnergyTable::dram_byte_high, false, "64-bit access, upper end",
     kEnergySource},
    {"dram_activate_kib", &EnergyTable::dram_activate_kib, true,
     "to open a row, by KiB of it, for every kind of DRAM", kDramEnergySource},
    {"dram_column_byte", &EnergyTable::dram_column_byte, true,
     "array 1.51, periphery 1.17 and I/O 0.80 pJ/bit, for every kind of DRAM", kDramEnergySource},
}};

}  // namespace tessera::host
