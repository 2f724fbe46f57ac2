// SPDX-License-Identifier: MIT
// What jobs of any length cost, by prediction. A long job is not predicted as a whole: the same job
// with fewer heads, query tiles or key tiles is, several times. In its steady state each further
// head, and each further query tile of a window, costs the same. A query tile of a causal mask
// costs as much more than the one before as a call does. So cycles and bytes are polynomials of
// these counts, of degree 1 or 2, which are continued from the shorter jobs. One shorter job more
// is predicted than the polynomial needs; how far it is off is said beside the cost.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "host/predict/predict.h"
#include "host/problem/problem.h"

namespace tessera::host {

struct JobCost {
    Prediction prediction;
    bool extended = false;  ///< continued from shorter jobs
    /// Of these, how far the longest one's cycles are off when continued from the others: a share.
    double deviation = 0;
};

class JobCosts {
  public:
    /// Jobs of up to so many calls are predicted as a whole.
    static constexpr uint64_t kDirectCalls = 4096;

    /// `config` has one device.
    explicit JobCosts(const hw::PlatformConfig& config, uint64_t direct_calls = kDirectCalls);

    /// Jobs alike are predicted once, in the place of the first.
    JobCost gemm(const Gemm& gemm, const GemmLayout& layout, const JobStart& start);
    /// Of a problem whose mask is at most causal and a window; std::logic_error of others.
    /// `layout`: its place, perhaps of a problem with fewer keys in caches that have room for all.
    JobCost attention(const Problem& problem, const Layout& layout, const JobStart& start);
    /// A FENCE by itself.
    JobCost fence(const JobStart& start);
    /// Are rows of a DRAM that were open in cycle `from` still so in cycle `to`, if nobody else
    /// closes them? Refreshes do.
    bool stay_open(uint64_t from, uint64_t to) const;

  private:
    /// All of a prediction that adds up; bytes without those of descriptors.
    struct Sum {
        int64_t retired = 0, data_bytes = 0, calls = 0, commands = 0;
    };
    struct Known {
        Sum sum;
        bool extended = false;
        double deviation = 0;
    };
    /// Continues in steps of `step`: `at(n)` is the cost of n, from `first` on a polynomial of
    /// degree `order`.
    struct Line {
        uint64_t first = 0, step = 1;
        int order = 1;
        uint64_t longest() const { return first + static_cast<uint64_t>(order + 1) * step; }
    };
    using Key = std::vector<uint64_t>;

    /// Costs of a job by where it begins.
    using Direct = std::function<Known(const JobStart& start)>;

    static Known extended(uint64_t n, const Line& line, const std::function<Known(uint64_t)>& at);
    Known gemm_rows(const GemmLayout& layout, uint64_t tiles, uint64_t calls_of_tile,
                    const JobStart& start);
    Known new_gemm(const Gemm& gemm, const GemmLayout& layout, const JobStart& start);
    Known new_attention(const Problem& problem, const Layout& layout, const JobStart& start);
    const Known& known_attention(const Problem& problem, const Layout& layout,
                                 const JobStart& start);
    bool shorter_attention(const Problem& problem, const Layout& layout, Known& known);
    const Known& known(Key key, const JobStart& start, const Direct& direct);
    double refreshes(uint64_t cycle) const;
    static JobCost cost(const Known& known, const JobStart& start);
    static Known of(const Prediction& prediction, const JobStart& start);

    hw::PlatformConfig config_;
    uint64_t direct_calls_;
    double refresh_cycles_ = 0;   ///< from one refresh of a DRAM to the next; 0: there is none
    double refresh_calls_ = 0;    ///< that take so many of them that one more does not matter
    uint64_t least_calls_ = 0;    ///< by which shorter jobs differ
    std::map<Key, Known> known_;  ///< by job and, of short ones, where they begin
};

/// What a head takes, of a problem whose mask is at most causal and a window.
struct HeadWork {
    uint64_t calls = 0;  ///< by the tiles that its queries see
    uint64_t pairs = 0;  ///< of real rows and keys in these
};
HeadWork work_of_head(const Problem& problem, uint32_t m);

}  // namespace tessera::host
