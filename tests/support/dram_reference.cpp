// SPDX-License-Identifier: MIT
#include "tests/support/dram_reference.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include "host/config/config.h"
#include "hw_model/memory/dram_channel.h"

namespace tessera::test {

namespace {

using hw::Clock;

constexpr uint32_t kRequests = 16384, kRequestBytes = 64;
constexpr uint64_t kRandomRange = uint64_t{1} << 30;

std::vector<uint64_t> addresses(const std::string& pattern) {
    std::mt19937_64 random(12345);  // of the reference
    std::vector<uint64_t> all(kRequests);
    for (uint32_t i = 0; i < kRequests; ++i) {
        const uint64_t n = pattern == "random" ? random() % (kRandomRange / kRequestBytes) : i;
        all[i] = n * kRequestBytes;
    }
    return all;
}

/// Keeps `in_flight` requests outstanding, each of one or two transactions.
class Requester {
  public:
    explicit Requester(const DramReference& row)
        : spec_(reference_spec(row)),
          channel_(spec_),
          map_(spec_.organisation),
          parts_(kRequestBytes / spec_.organisation.transaction_bytes),
          write_(row.pattern == "write"),
          in_flight_(row.in_flight),
          addresses_(addresses(row.pattern)),
          requests_(kRequests) {}

    DramMeasurement run() {
        for (Clock now = 0; finished_ < kRequests;) {
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
        double latency = 0;
        for (const Request& r : requests_) latency += static_cast<double>(r.done - r.accepted);
        return {last_ + 1, latency / kRequests};
    }

  private:
    struct Request {
        Clock accepted = 0, done = 0;
        uint32_t completed = 0;  // transactions
    };

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

    void offer(Clock now) {
        uint32_t room = hw::DramChannel::kQueue - channel_.queued(write_);
        for (; room != 0 && next_ < kRequests; --room) {
            if (part_ == 0) {
                if (outstanding_ == in_flight_) return;
                ++outstanding_;
                requests_[next_].accepted = now;
            }
            const uint64_t address =
                addresses_[next_] + part_ * spec_.organisation.transaction_bytes;
            const hw::DramAddress at = map_.place(map_.in_channel(0, address, 1).first);
            channel_.arrive({at.pseudo_channel, at.bank_group, at.bank, at.row, write_, 1, next_},
                            now);
            if (++part_ != parts_) continue;
            part_ = 0;
            ++next_;
        }
    }

    const hw::DramSpec spec_;
    hw::DramChannel channel_;
    const hw::DramMap map_;
    const uint32_t parts_;  // transactions of a request
    const bool write_;
    const uint32_t in_flight_;
    const std::vector<uint64_t> addresses_;
    std::vector<Request> requests_;
    std::multimap<Clock, uint32_t> completions_;
    std::vector<hw::DramColumns> columns_;
    uint32_t next_ = 0, part_ = 0, outstanding_ = 0, finished_ = 0;
    Clock last_ = 0;
};

}  // namespace

std::string DramReference::preset() const { return hbm2() ? "hbm2-2000-1ch" : "ddr4-2400r"; }

std::string DramReference::name() const {
    return config + ", " + pattern + ", " + std::to_string(in_flight) + " in flight";
}

std::vector<DramReference> dram_references(const nlohmann::json& file) {
    std::vector<DramReference> rows;
    for (const nlohmann::json& row : file.at("rows")) {
        rows.push_back({row.at("config"),
                        row.at("pattern"),
                        row.at("in_flight"),
                        {row.at("cycles"), row.at("latency_mean_cycles")}});
    }
    return rows;
}

hw::DramSpec reference_spec(const DramReference& row) {
    std::vector<std::string> sets;
    sets.push_back(std::string("memory.organisation.mapping=") +
                   (row.mop() ? "MOP4CLXOR" : "RoBaRaCoCh"));
    if (!row.refresh()) sets.push_back("memory.timing.nREFI=0");
    return host::resolve_config("base", row.preset(), sets).platform.memory.dram;
}

DramMeasurement measure(const DramReference& row) { return Requester(row).run(); }

std::vector<DramMeasurement> measure_all(const std::vector<DramReference>& rows) {
    std::vector<DramMeasurement> here;
    here.reserve(rows.size());
    for (const DramReference& row : rows) here.push_back(measure(row));
    return here;
}

double deviation(double here, double there) { return (here / there - 1) * 100; }

std::string deviation_table(const std::vector<DramReference>& rows,
                            const std::vector<DramMeasurement>& here) {
    std::string text =
        "| preset | mapping | refresh | pattern | in flight | clocks, Ramulator | here | off by |"
        " mean latency, Ramulator | here | off by |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|\n";
    double worst_clocks = 0, worst_latency = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
        const DramReference& r = rows[i];
        const double clocks =
            deviation(static_cast<double>(here[i].clocks), static_cast<double>(r.expected.clocks));
        const double latency = deviation(here[i].mean_latency, r.expected.mean_latency);
        worst_clocks = std::max(worst_clocks, std::fabs(clocks));
        worst_latency = std::max(worst_latency, std::fabs(latency));
        text += fmt::format(
            "| {} | {} | {} | {} | {} | {} | {} | {:.3f} % | {:.1f} | {:.1f} |"
            " {:.2f} % |\n",
            r.preset(), r.mop() ? "MOP4CLXOR" : "RoBaRaCoCh", r.refresh() ? "on" : "off", r.pattern,
            r.in_flight, r.expected.clocks, here[i].clocks, clocks, r.expected.mean_latency,
            here[i].mean_latency, latency);
    }
    return text + fmt::format("\n{} rows; worst: clocks {:.3f} %, mean latency {:.2f} %.\n",
                              rows.size(), worst_clocks, worst_latency);
}

}  // namespace tessera::test
