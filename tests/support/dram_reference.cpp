// SPDX-License-Identifier: MIT
#include "tests/support/dram_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <random>

#include "host/config/config.h"
#include "hw_model/memory/dram_channel.h"

namespace tessera::test {

namespace {

using hw::Clock;

constexpr uint32_t kRequests = 16384, kRequestBytes = 64;
constexpr uint64_t kRandomRange = uint64_t{1} << 30;

constexpr uint64_t kSecondStream = uint64_t{64} << 20;  // the other one begins at 0
constexpr Clock kFirst = 1;                             // clock of the reference

struct Access {
    uint64_t address = 0;
    bool write = false;
};

/// Is the n-th request of a pattern a write?
bool is_write(const std::string& pattern, uint32_t n) {
    if (pattern == "write") return true;
    if (pattern == "copy") return n % 2 == 1;
    if (pattern == "mix3") return n % 4 == 3;
    if (pattern == "random_mix") return n % 3 == 2;
    if (pattern == "burst") return n / 64 % 2 == 1;
    return false;
}

std::vector<Access> accesses(const std::string& pattern) {
    std::mt19937_64 random(12345);  // of the reference
    const bool anywhere = pattern == "random" || pattern == "random_mix";
    const bool two_streams = pattern == "copy" || pattern == "mix3" || pattern == "burst";
    uint64_t lines[2] = {0, two_streams ? kSecondStream / kRequestBytes : 0};  // next to be used
    std::vector<Access> all(kRequests);
    for (uint32_t i = 0; i < kRequests; ++i) {
        const bool write = is_write(pattern, i);
        const uint64_t line = anywhere ? random() % (kRandomRange / kRequestBytes) : lines[write]++;
        all[i] = {line * kRequestBytes, write};
    }
    return all;
}

/// Keeps `in_flight` requests outstanding, each of one or two transactions.
class Requester {
  public:
    Requester(const DramReference& row, hw::DramPolicy policy)
        : spec_(reference_spec(row, policy)),
          channel_(spec_),
          map_(spec_.organisation),
          parts_(kRequestBytes / spec_.organisation.transaction_bytes),
          in_flight_(row.in_flight),
          accesses_(accesses(row.pattern)),
          requests_(kRequests) {}

    DramMeasurement run() {
        for (Clock now = kFirst; finished_ < kRequests;) {
            complete(now);
            offer(now);
            columns_.clear();
            channel_.run(now + 1, columns_);
            for (const hw::DramColumns& c : columns_)
                completions_.emplace(c.done, static_cast<uint32_t>(c.user));
            Clock next = columns_.empty() ? channel_.next_clock() : now + 1;
            if (!completions_.empty()) next = std::min(next, completions_.begin()->first + 1);
            now = std::max(next, now + 1);
        }
        return {last_ + 1 - kFirst, mean([](const Access&) { return true; }),
                mean([](const Access& a) { return !a.write; }),
                mean([](const Access& a) { return a.write; })};
    }

  private:
    struct Request {
        Clock accepted = 0, done = 0;
        uint32_t completed = 0;  // transactions
    };

    template <class Counts>
    std::optional<double> mean(const Counts& counts) const {
        uint64_t sum = 0, number = 0;
        for (uint32_t i = 0; i < kRequests; ++i) {
            if (!counts(accesses_[i])) continue;
            sum += requests_[i].done - requests_[i].accepted;
            ++number;
        }
        if (number == 0) return std::nullopt;
        return static_cast<double>(sum) / static_cast<double>(number);
    }

    /// What a completion frees can be used one clock later.
    void complete(Clock now) {
        while (!completions_.empty() && completions_.begin()->first < now) {
            const auto first = completions_.begin();
            Request& r = requests_[first->second];
            last_ = r.done = std::max(r.done, first->first);
            completions_.erase(first);
            if (++r.completed != parts_) continue;
            --outstanding_;
            ++finished_;
        }
    }

    /// In order: what finds no room in its queue holds up all behind it.
    void offer(Clock now) {
        uint32_t room[2] = {hw::DramChannel::kQueue - channel_.queued(false),
                            hw::DramChannel::kQueue - channel_.queued(true)};
        while (next_ < kRequests) {
            const Access& access = accesses_[next_];
            if (room[access.write] == 0) return;
            if (part_ == 0) {
                if (outstanding_ == in_flight_) return;
                ++outstanding_;
                requests_[next_].accepted = now;
            }
            --room[access.write];
            const uint64_t address = access.address + part_ * spec_.organisation.transaction_bytes;
            const hw::DramAddress at = map_.place(map_.in_channel(0, address, 1).first);
            channel_.arrive(hw::run_at(at, access.write, 1, next_), now);
            if (++part_ != parts_) continue;
            part_ = 0;
            ++next_;
        }
    }

    const hw::DramSpec spec_;
    hw::DramChannel channel_;
    const hw::DramMap map_;
    const uint32_t parts_;  // transactions of a request
    const uint32_t in_flight_;
    const std::vector<Access> accesses_;
    std::vector<Request> requests_;
    std::multimap<Clock, uint32_t> completions_;
    std::vector<hw::DramColumns> columns_;
    uint32_t next_ = 0, part_ = 0, outstanding_ = 0, finished_ = 0;
    Clock last_ = 0;
};

/// Ours, rounded to as many digits as the reference's.
double rounded(double value, int decimals) {
    return std::stod(fmt::format("{:.{}f}", value, decimals));
}

/// A figure of the reference, ours under ramulator2 if that is another, and by how much registered
/// is off it.
std::string cells(const std::optional<double>& there, const std::optional<double>& same,
                  const std::optional<double>& other, int decimals) {
    if (!there) return " | |";
    std::string text = fmt::format(" {:.{}f}", *there, decimals);
    if (*same != *there) text += fmt::format(", here {:.{}f}", *same, decimals);
    return text + fmt::format(" | {:.2f} % |", (*other / *there - 1) * 100);
}

}  // namespace

std::string DramReference::preset() const { return hbm2() ? "hbm2-2000-1ch" : "ddr4-2400r"; }

std::string DramReference::name() const {
    return config + ", " + pattern + ", " + std::to_string(in_flight) + " in flight";
}

std::vector<DramReference> dram_references(const nlohmann::json& file) {
    const auto optional = [](const nlohmann::json& row, const char* key) {
        return row.contains(key) ? std::optional<double>(row.at(key)) : std::nullopt;
    };
    std::vector<DramReference> rows;
    for (const nlohmann::json& row : file.at("rows")) {
        DramReference r;
        r.config = row.at("config");
        r.pattern = row.at("pattern");
        r.in_flight = row.at("in_flight");
        r.expected = {row.at("cycles"), row.at("latency_mean_cycles"),
                      optional(row, "read_latency_mean_cycles"),
                      optional(row, "write_latency_mean_cycles")};
        // Rows of reads or writes alone give one mean, to one digit.
        r.decimals = r.expected.read_latency ? 4 : 1;
        if (r.decimals == 1)
            (r.pattern == "write" ? r.expected.write_latency : r.expected.read_latency) =
                r.expected.latency;
        rows.push_back(r);
    }
    return rows;
}

hw::DramSpec reference_spec(const DramReference& row, hw::DramPolicy policy) {
    std::vector<std::string> sets;
    sets.push_back(std::string("memory.organisation.mapping=") +
                   (row.mop() ? "MOP4CLXOR" : "RoBaRaCoCh"));
    sets.push_back(std::string("memory.controller.policy=") +
                   hw::kDramPolicies.at(static_cast<size_t>(policy)));
    if (!row.refresh()) sets.push_back("memory.timing.nREFI=0");
    return host::resolve_config("base", row.preset(), sets).platform.memory.dram;
}

DramMeasurement measure(const DramReference& row, hw::DramPolicy policy) {
    DramMeasurement here = Requester(row, policy).run();
    for (std::optional<double>* mean : {&here.latency, &here.read_latency, &here.write_latency})
        if (*mean) *mean = rounded(**mean, row.decimals);
    return here;
}

std::string policy_table(const std::vector<DramReference>& rows) {
    std::string text =
        "| preset | mapping | refresh | pattern | in flight | clocks | | read | | write | |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n";
    uint32_t equal = 0, moved = 0;
    for (const DramReference& r : rows) {
        const DramMeasurement& there = r.expected;
        const DramMeasurement same = measure(r, hw::DramPolicy::kRamulator2);
        const DramMeasurement other = measure(r, hw::DramPolicy::kRegistered);
        equal += same == there ? 1 : 0;
        moved += other == there ? 0 : 1;
        const auto clocks = [](const DramMeasurement& m) { return static_cast<double>(m.clocks); };
        text += fmt::format("| {} | {} | {} | {} | {} |", r.preset(),
                            r.mop() ? "MOP4CLXOR" : "RoBaRaCoCh", r.refresh() ? "on" : "off",
                            r.pattern, r.in_flight);
        text += cells(clocks(there), clocks(same), clocks(other), 0);
        text += cells(there.read_latency, same.read_latency, other.read_latency, r.decimals);
        text += cells(there.write_latency, same.write_latency, other.write_latency, r.decimals);
        text += "\n";
    }
    return text + fmt::format(
                      "\n{} rows: {} equal under `ramulator2`; {} others under"
                      " `registered`.\n",
                      rows.size(), equal, moved);
}

}  // namespace tessera::test
