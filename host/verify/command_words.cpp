// SPDX-License-Identifier: MIT
#include "host/verify/command_words.h"

#include <utility>

namespace tessera::verify {

std::string describe(const spec::Command& c) {
    const auto n = [](const char* name, uint64_t x) {
        return std::string(" ") + name + "=" + std::to_string(x);
    };
    return std::string(spec::opcode_name(c.opcode)) + n("flags", c.flags) + n("q", c.q_bank) +
           n("k", c.k_bank) + n("v", c.v_bank) + n("state", c.state_bank) + n("rows", c.rows) +
           n("keys", c.keys) + n("first", c.first_row) + n("d_k", c.d_k) + n("d_v", c.d_v) +
           n("address", c.address) + n("pitch", c.pitch) + n("mask", c.mask.flags);
}

CommandWords command_words(std::vector<spec::Command> commands) {
    return [all = std::move(commands)](uint32_t, uint64_t number,
                                       const std::vector<host::CommandRange>&) {
        return number < all.size() ? describe(all[number]) : std::string("no such command");
    };
}

}  // namespace tessera::verify
