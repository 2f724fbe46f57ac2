// SPDX-License-Identifier: MIT
// Replays the command log of a DRAM channel: is every command legal where it is? Knows nothing of
// the controller, only what a DRAM demands, written as a table of pairs of commands.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "hw_model/memory/dram_channel.h"

namespace tessera::test {

class DramChecker {
  public:
    /// Told of every single check: does it hold, and what it was.
    using Verdict = std::function<void(bool good, const std::string& what)>;

    DramChecker(const hw::DramSpec& spec, Verdict verdict);
    void replay(const std::vector<hw::DramCommandRecord>& log);
    /// Do the constraints and the buses allow this command after those replayed?
    bool allows(const hw::DramCommandRecord& c) const;

  private:
    enum class Scope { kBank, kBankGroup, kRank };
    struct Rule {
        hw::DramCommand from, to;
        Scope scope;
        uint32_t clocks;
        const char* name;
    };
    /// Place of a command as far as a scope tells places apart.
    using Place = std::tuple<Scope, uint32_t, uint32_t, uint32_t>;

    void add_rules();
    static Place place(Scope scope, const hw::DramCommandRecord& c);
    hw::Clock effect(const hw::DramCommandRecord& c) const;
    void check_pairs(const hw::DramCommandRecord& c);
    void check_window(const hw::DramCommandRecord& c);
    void check_bus(const hw::DramCommandRecord& c);
    void check_rows(const hw::DramCommandRecord& c);
    void check_refresh(const hw::DramCommandRecord& c);

    const hw::DramSpec spec_;
    const Verdict verdict_;
    std::vector<Rule> rules_;
    std::map<std::pair<hw::DramCommand, Place>, hw::Clock> last_;
    std::map<uint32_t, std::vector<hw::Clock>> activates_;             // of a rank
    std::map<uint32_t, std::vector<hw::Clock>> refreshes_;             // of a rank
    std::map<Place, uint32_t> rows_;                                   // open ones, by bank
    std::map<std::pair<bool, hw::Clock>, hw::DramCommandRecord> bus_;  // row or column, clock
};

}  // namespace tessera::test
