// SPDX-License-Identifier: MIT
#include "host/predict/job_costs.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <stdexcept>

#include "spec/integers.h"

namespace tessera::host {
namespace {

/// Of a job so long it does not matter where in a line of descriptors, or how long behind a
/// refresh, it begins.
constexpr int64_t kLongCycles = 200000;
constexpr double kLongRefreshes = 32;
/// Others are predicted at so many points between two refreshes.
constexpr uint64_t kPoints = 64;
/// Shorter jobs differ by at least so many calls, and by as many as take so many refreshes of a
/// DRAM. Whether there is one more then matters little.
constexpr uint64_t kLeastCalls = 256;
constexpr double kLeastRefreshes = 64;
/// Query tiles by which they differ likewise.
constexpr uint64_t kLeastTiles = 8;
/// Banks are taken in turn: what follows is alike behind an even number of tiles or heads.
constexpr uint64_t kTurn = 2;

/// Lines of descriptors that are fetched for `commands` behind `submitted` others.
uint64_t lines(uint64_t submitted, uint64_t commands) {
    return spec::divide_up(submitted % spec::kLineDescriptors + commands, spec::kLineDescriptors);
}

/// The smallest even step of which `calls` each make up `least`.
uint64_t step_of(uint64_t calls, uint64_t least) {
    return spec::round_up(spec::divide_up(least, std::max<uint64_t>(calls, 1)), kTurn);
}

/// Behind so many tiles of `m` rows their bursts are cut alike. At least kTurn.
uint64_t period_of(uint32_t m, uint32_t pitch) {
    const uint64_t tile = uint64_t{m} * pitch;
    return std::max(kTurn, spec::kReadBurstBytes / std::gcd(uint64_t{spec::kReadBurstBytes}, tile));
}

/// The lowest n from `least` on that is as far from `n` as whole steps.
uint64_t first_of(uint64_t n, uint64_t least, uint64_t step) {
    return least + (n % step + step - least % step) % step;
}

uint64_t query_tiles(const Problem& p, uint32_t m) { return spec::divide_up(p.nq, m); }

/// Key tiles that lie before the first query.
uint64_t tiles_before(const Problem& p, uint32_t m) { return p.nk > p.nq ? (p.nk - p.nq) / m : 0; }

/// The same problem with fewer key tiles in front.
Problem with_tiles_before(Problem p, uint32_t m, uint64_t tiles) {
    p.nk -= static_cast<uint32_t>((tiles_before(p, m) - tiles) * m);
    return p;
}

/// The same problem with fewer query tiles, and as many fewer key tiles.
Problem with_query_tiles(Problem p, uint32_t m, uint64_t tiles) {
    const auto rows = static_cast<uint32_t>((query_tiles(p, m) - tiles) * m);
    p.nq -= rows;
    p.nk -= rows;
    return p;
}

Problem with_heads(Problem p, uint64_t kv_heads, uint64_t group) {
    p.kv_heads = static_cast<uint32_t>(kv_heads);
    p.query_heads = static_cast<uint32_t>(kv_heads * group);
    p.leading = {p.query_heads};
    return p;
}

}  // namespace

HeadWork work_of_head(const Problem& p, uint32_t m) {
    const int64_t last_key = int64_t{p.nk} - 1;
    HeadWork work;
    for (int64_t first = 0; first < p.nq; first += m) {
        const int64_t behind = std::min<int64_t>(first + m, p.nq);
        const int64_t begin = first + p.diagonal(), end = behind - 1 + p.diagonal();
        int64_t from = 0, to = last_key;
        if (p.mask.window != 0) {
            from = std::max<int64_t>(begin - p.mask.window + 1, 0);
            to = std::min(end + p.mask.window - 1, last_key);
        }
        if (p.mask.causal) to = std::min(end, last_key);
        const int64_t tiles = to / m - from / m + 1;
        const int64_t keys = std::min((to / m + 1) * m, last_key + 1) - from / m * m;
        work.calls += static_cast<uint64_t>(tiles);
        work.pairs += static_cast<uint64_t>((behind - first) * keys);
    }
    return work;
}

JobCosts::JobCosts(const hw::PlatformConfig& config, uint64_t direct_calls)
    : config_(config), direct_calls_(direct_calls) {
    const hw::DramSpec& dram = config_.memory.dram;
    if (config_.memory.kind == "dram")
        refresh_cycles_ = 1e3 * dram.timing.nREFI * dram.tCK_ps / config_.cycle_fs;
    const spec::DeviceParams& p = config_.params;
    const double call = static_cast<double>(uint64_t{p.m} * p.m) / p.lanes;  // cycles
    refresh_calls_ = kLeastRefreshes * refresh_cycles_ / call;
    least_calls_ = std::max(kLeastCalls, static_cast<uint64_t>(refresh_calls_));
}

double JobCosts::refreshes(uint64_t cycle) const {
    return refresh_cycles_ == 0 ? 0 : static_cast<double>(cycle) / refresh_cycles_;
}

bool JobCosts::stay_open(uint64_t from, uint64_t to) const {
    return config_.memory.kind == "dram" &&
           std::floor(refreshes(from)) == std::floor(refreshes(to));
}

/// The cost of a job, predicted if it is not known yet. Key: of the job alone.
const JobCosts::Known& JobCosts::known(Key key, const JobStart& start, const Direct& direct) {
    key.push_back(0);
    if (const auto found = known_.find(key); found != known_.end()) return found->second;
    const double since = refreshes(start.cycle) - std::floor(refreshes(start.cycle));
    const auto point = static_cast<uint64_t>(since * kPoints);
    JobStart alike;
    alike.submitted = start.submitted % spec::kLineDescriptors;
    alike.ring_open = start.ring_open;
    const double middle = 1 + (static_cast<double>(point) + 0.5) / kPoints;
    if (refresh_cycles_ != 0) alike.cycle = static_cast<uint64_t>(middle * refresh_cycles_);
    Key here = key;
    here.back() = 1 + alike.submitted + spec::kLineDescriptors * (2 * point + alike.ring_open);
    if (const auto found = known_.find(here); found != known_.end()) return found->second;
    const Known made = direct(alike);
    const bool is_long = made.extended || (made.sum.retired >= kLongCycles &&
                                           static_cast<double>(made.sum.retired) >=
                                               kLongRefreshes * refresh_cycles_);
    return known_.emplace(is_long ? std::move(key) : std::move(here), made).first->second;
}

JobCosts::Known JobCosts::of(const Prediction& p, const JobStart& start) {
    Known known;
    const uint64_t descriptors = lines(start.submitted, p.commands) * spec::kLineBytes;
    known.sum = {static_cast<int64_t>(p.retired), static_cast<int64_t>(p.bytes - descriptors),
                 static_cast<int64_t>(p.calls), static_cast<int64_t>(p.commands)};
    return known;
}

JobCost JobCosts::cost(const Known& known, const JobStart& start) {
    const Sum& sum = known.sum;
    JobCost cost;
    cost.extended = known.extended;
    cost.deviation = known.deviation;
    Prediction& p = cost.prediction;
    p.retired = static_cast<uint64_t>(sum.retired);
    p.calls = static_cast<uint64_t>(sum.calls);
    p.commands = static_cast<uint64_t>(sum.commands);
    p.bytes = static_cast<uint64_t>(sum.data_bytes) +
              lines(start.submitted, p.commands) * spec::kLineBytes;
    return cost;
}

/// Newton's polynomial through the longest of the shorter jobs. The shortest, which it does not
/// need, serves the check: the polynomial through all but the longest foretells the longest.
JobCosts::Known JobCosts::extended(uint64_t n, const Line& line,
                                   const std::function<Known(uint64_t)>& at) {
    Known result;
    std::vector<Sum> sums;
    for (int i = 0; i <= line.order + 1; ++i) {
        const Known known = at(line.first + static_cast<uint64_t>(i) * line.step);
        result.deviation = std::max(result.deviation, known.deviation);
        sums.push_back(known.sum);
    }
    // The value `k` steps behind that of number `from`.
    const auto continued = [&](int64_t Sum::*value, size_t from, int64_t k) {
        const int64_t a = sums[from].*value, b = sums[from + 1].*value;
        int64_t y = a + k * (b - a);
        if (line.order == 2) y += k * (k - 1) / 2 * (sums[from + 2].*value - 2 * b + a);
        return y;
    };
    const auto longest = static_cast<double>(sums.back().retired);
    const auto foretold = static_cast<double>(continued(&Sum::retired, 0, line.order + 1));
    result.deviation = std::max(result.deviation, std::fabs(foretold - longest) / longest);
    result.extended = true;
    const auto k = static_cast<int64_t>((n - line.first) / line.step) - 1;
    for (int64_t Sum::*value : {&Sum::retired, &Sum::data_bytes, &Sum::calls, &Sum::commands})
        result.sum.*value = continued(value, 1, k);
    return result;
}

/// Rows of tiles of C cost the same each, two by two: columns go there and back.
JobCosts::Known JobCosts::gemm_rows(const GemmLayout& layout, uint64_t tiles,
                                    uint64_t calls_of_tile, const JobStart& start) {
    const uint64_t step = spec::round_up(step_of(calls_of_tile, least_calls_),
                                         period_of(config_.params.m, layout.job.a.pitch));
    const Line line{first_of(tiles, kTurn, step), step, 1};
    const auto at = [&](uint64_t fewer) {
        GemmLayout shorter = layout;
        shorter.job.m -= static_cast<uint32_t>((tiles - fewer) * config_.params.m);
        return of(predict(shorter, config_), {});
    };
    if (tiles <= line.longest()) return of(predict(layout, config_, start), start);
    return extended(tiles, line, at);
}

JobCosts::Known JobCosts::new_gemm(const Gemm& gemm, const GemmLayout& layout,
                                   const JobStart& start) {
    const uint64_t calls = gemm_calls(gemm, config_.params);
    const uint64_t tiles = spec::divide_up(gemm.m, config_.params.m);
    if (calls <= direct_calls_ || is_transposed(gemm.form) || gemm.slices)
        return of(predict(layout, config_, start), start);
    return gemm_rows(layout, tiles, calls / tiles, start);
}

JobCost JobCosts::gemm(const Gemm& gemm, const GemmLayout& layout, const JobStart& start) {
    Key key = {gemm.m,         gemm.k,         gemm.n,          static_cast<uint64_t>(gemm.form),
               gemm.a_columns, gemm.c_columns, gemm.bf16_output};
    if (gemm.slices)
        key.insert(key.end(), {gemm.slices->rows, gemm.slices->columns, gemm.slices->stride});
    key.insert(key.begin(), 0);
    const auto direct = [&](const JobStart& at) { return new_gemm(gemm, layout, at); };
    return cost(known(std::move(key), start, direct), start);
}

/// A job with fewer heads, query tiles or key tiles, if there is a long row of them.
bool JobCosts::shorter_attention(const Problem& p, const Layout& layout, Known& known) {
    const uint32_t m = config_.params.m;
    const uint64_t head = work_of_head(p, m).calls, tiles = query_tiles(p, m);
    const uint64_t before = tiles_before(p, m);
    const auto try_line = [&](uint64_t n, const Line& line,
                              const std::function<Problem(uint64_t)>& shorter) {
        if (n <= line.longest()) return false;
        const auto at = [&](uint64_t fewer) { return known_attention(shorter(fewer), layout, {}); };
        known = extended(n, line, at);
        return true;
    };
    const bool window = p.mask.window != 0;
    const uint64_t seen = window ? spec::divide_up(p.mask.window, m) + 2 : 0;  // tiles, at most
    // Keys that no query sees are not touched: only positions change.
    const uint64_t period = period_of(m, layout.job.k.pitch);
    if (window && before > seen + period) {
        known =
            known_attention(with_tiles_before(p, m, first_of(before, seen, period)), layout, {});
        known.extended = true;
        return true;
    }
    const uint64_t group_step = step_of(head * p.group(), least_calls_);
    const uint64_t head_step = step_of(head, least_calls_);
    if (try_line(p.kv_heads, {first_of(p.kv_heads, kTurn, group_step), group_step, 1},
                 [&](uint64_t n) { return with_heads(p, n, p.group()); }))
        return true;
    if (p.kv_heads == 1 &&
        try_line(p.group(), {first_of(p.group(), kTurn, head_step), head_step, 1},
                 [&](uint64_t n) { return with_heads(p, 1, n); }))
        return true;
    // Of a causal mask the second difference is what counts: as many calls as tiles squared.
    const auto some = spec::round_up(static_cast<uint64_t>(std::sqrt(refresh_calls_)), kTurn);
    const int order = p.mask.causal && !window ? 2 : 1;
    const uint64_t wanted = order == 2 ? some : step_of(seen, least_calls_);
    const uint64_t step = spec::round_up(std::max(kLeastTiles, wanted), period);
    if (p.mask.causal && try_line(tiles, {first_of(tiles, seen + kLeastTiles, step), step, order},
                                  [&](uint64_t n) { return with_query_tiles(p, m, n); }))
        return true;
    const uint64_t keys_step =
        spec::round_up(std::max(kLeastTiles, step_of(tiles, least_calls_)), period);
    return !window && try_line(before, {first_of(before, keys_step, keys_step), keys_step, 1},
                               [&](uint64_t n) { return with_tiles_before(p, m, n); });
}

JobCosts::Known JobCosts::new_attention(const Problem& p, const Layout& layout,
                                        const JobStart& start) {
    const uint64_t calls = work_of_head(p, config_.params.m).calls * p.query_heads;
    Known known;
    if (calls > direct_calls_ && shorter_attention(p, layout, known)) return known;
    Layout here = layout;
    here.job.query_heads = p.query_heads;
    here.job.kv_heads = p.kv_heads;
    here.job.nq = p.nq;
    here.job.nk = p.nk;
    here.job.q_position = p.q_position();
    return of(predict(here, config_, start), start);
}

const JobCosts::Known& JobCosts::known_attention(const Problem& p, const Layout& layout,
                                                 const JobStart& start) {
    // Where K and V lie in relation to each other matters to a DRAM.
    const uint64_t stride = config_.memory.kind == "dram" ? layout.job.k.head_stride : 0;
    const Key key = {1,     p.query_heads, p.kv_heads,    p.nq,          p.nk,  p.d_k,
                     p.d_v, p.mask.causal, p.mask.window, p.bf16_output, stride};
    return known(key, start, [&](const JobStart& at) { return new_attention(p, layout, at); });
}

JobCost JobCosts::attention(const Problem& p, const Layout& layout, const JobStart& start) {
    constexpr uint32_t kTerms = spec::kMaskCausal | spec::kMaskWindow;
    const bool plain = (p.mask.terms() & ~kTerms) == 0 && p.mask.documents.empty() &&
                       !p.mask.tiles.given() && !p.stacked && !p.cover && !p.ragged() &&
                       !p.selection && !p.sentinel.given() && !p.sink_logits && !p.want_lse &&
                       p.nk >= p.nq && p.schedule == fw::ScheduleId::kQueryResident;
    if (!plain) throw std::logic_error("an attention that is not of a decoder");
    Problem same = p;
    if (p.mask.window >= p.nk) same.mask.window = 0;  // hides nothing
    return cost(known_attention(same, layout, start), start);
}

JobCost JobCosts::fence(const JobStart& start) {
    const auto direct = [&](const JobStart& at) {
        MemoryMap map(config_);
        return of(predict_fence(map.driver(), config_, at), at);
    };
    return cost(known({2}, start, direct), start);
}

}  // namespace tessera::host
