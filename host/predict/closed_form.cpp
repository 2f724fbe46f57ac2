// SPDX-License-Identifier: MIT
#include "host/predict/closed_form.h"

#include <algorithm>
#include <vector>

#include "host/predict/visited_keys.h"
#include "spec/integers.h"
#include "spec/latency.h"

namespace tessera::host {

namespace {

using spec::Cycle;

/// Rows 0.. of a tile as the store sees them: visible one a cycle from `first_visible` on.
struct MergedRows {
    uint32_t rows;
    Cycle first_visible;
};

/// Everything below counts from the acceptance of the first descriptor read (cycle 0).
class ClosedForm {
  public:
    ClosedForm(const Problem& problem, const Layout& layout, const hw::PlatformConfig& config)
        : problem_(problem),
          layout_(layout),
          config_(config),
          p_(config.params),
          calls_(problem, config.params.m),
          visited_(problem, config.params) {}

    Cycle cycles() {
        visited_.begin(0, 0);
        start_up(calls_.calls(0, 0));
        for (uint32_t stack = 0; stack < calls_.stacks(); ++stack)
            for (uint32_t t = 0; t < calls_.query_tiles(); ++t) {
                visited_.begin(stack, t);
                query_tile(calls_.calls(stack, t),
                           stack + 1 == calls_.stacks() && t + 1 == calls_.query_tiles());
            }
        return end_of_run();
    }

  private:
    uint32_t tiles(uint32_t n) const { return spec::divide_up(n, p_.m); }
    uint32_t rows_of(uint32_t n, uint32_t tile) const { return std::min(p_.m, n - tile * p_.m); }

    /// S and V of the very first lane group: one line of descriptors, then Q, K and V back to back.
    void start_up(const QueryTileCalls& first) {
        const Cycle latency = config_.memory.read_latency_cycles;
        const Cycle line_usable = latency + p_.beats(spec::kLineBytes) - 1 + spec::kSinkCycles + 1;
        const Cycle load_start = line_usable + 1;  // dispatched, seen by the load engine
        const Cycle data = load_start + spec::kAcceptCycles + latency;
        const uint64_t q = uint64_t{p_.beats(2 * problem_.d_k)} * rows_of(problem_.nq, 0);
        const uint64_t k = uint64_t{p_.beats(2 * problem_.d_k)} * first.keys.front();
        const uint64_t v = uint64_t{p_.beats(2 * problem_.d_v)} * first.keys.front();
        const uint32_t n = visited_.keys(0, first, 0);
        const Cycle k_ready = data + q + k - 1 + spec::kSinkCycles + 1;
        score_ = std::max(k_ready, line_usable + 4);  // the ATTEND is the fourth descriptor
        value_ =
            std::max(score_ + spec::max_known_after(p_, n), std::max(score_ + 1, k_ready + v) + 1);
    }

    /// Adds the lane groups of a query tile to the stream; keeps the rows of its last key tile.
    void query_tile(const QueryTileCalls& tile, bool last) {
        if (!last && !p_.key_ranges) {  // all groups visit all keys of a tile
            for (const uint32_t n : tile.keys) {
                if (last_keys_ != 0) value_ += spec::value_spacing(p_, last_keys_, n);
                value_ += (visited_.groups() - 1) * spec::value_spacing(p_, n, n);
                last_keys_ = n;
            }
            return;
        }
        for (size_t call = 0; call < tile.keys.size(); ++call)
            for (uint32_t g = 0; g < visited_.groups(tile, call); ++g) {
                const uint32_t n = visited_.keys(g, tile, call);
                if (last_keys_ != 0) value_ += spec::value_spacing(p_, last_keys_, n);
                last_keys_ = n;
                if (last && call + 1 == tile.keys.size())
                    merged_.push_back(
                        {visited_.rows(g), value_ + spec::merge_write_after(p_, n) + 1});
            }
        if (!last) return;
        // Rows that take no part in the last call are visible with its last row, all at once.
        const Cycle released = merged_.back().first_visible + merged_.back().rows - 1;
        const auto attended = static_cast<uint32_t>(merged_.size());
        for (uint32_t g = attended; g < visited_.groups(); ++g)
            for (uint32_t row = 0; row < visited_.rows(g); ++row) merged_.push_back({1, released});
    }

    /// Reads, bursts and responses of one store of the last query tile, which may begin at `begin`.
    /// Returns the cycle after its last address; `retire` gets its last response.
    Cycle store(Cycle begin, uint32_t row_beats, uint64_t address, Cycle& retire) {
        const uint64_t per_burst = spec::kWriteBurstBytes / p_.bus_bytes;
        uint64_t beat_address = address / p_.bus_bytes;
        Cycle read = begin, presented = 0;
        uint64_t in_burst = 0;
        for (size_t g = 0; g < merged_.size(); ++g) {
            for (uint32_t row = 0; row < merged_[g].rows; ++row) {
                read = std::max(read, merged_[g].first_visible + row);
                for (uint32_t beat = 0; beat < row_beats; ++beat, ++read) {
                    ++in_burst;
                    ++beat_address;
                    const bool end = g + 1 == merged_.size() && row + 1 == merged_[g].rows &&
                                     beat + 1 == row_beats;
                    if (beat_address % per_burst != 0 && !end) continue;
                    presented = std::max(presented + 1, read + spec::kStorePipeCycles);
                    write_ = std::max(write_, presented + spec::kAcceptCycles) + in_burst;
                    in_burst = 0;
                }
            }
        }
        retire = write_ - 1 + config_.memory.write_latency_cycles;
        return presented + 1;
    }

    Cycle end_of_run() {
        const uint32_t q_tile = tiles(problem_.nq) - 1;
        const uint64_t row = uint64_t{q_tile} * p_.m;
        const uint64_t head = problem_.query_heads - 1;
        const auto address = [&](const fw::Tensor& t) {
            return t.address + head * t.head_stride + row * t.pitch;
        };
        const uint32_t o_beats = p_.beats((problem_.bf16_output ? 2 : 4) * problem_.d_v);
        Cycle retire = 0;
        const Cycle next = store(0, o_beats, address(layout_.job.o), retire);
        if (problem_.want_lse) store(next, 1, address(layout_.job.lse), retire);
        // FENCE: dispatched when the last response is visible, in the queue one cycle later.
        const Cycle read = retire + 2;
        const Cycle presented = read + spec::kStorePipeCycles;
        return presented + spec::kAcceptCycles + config_.memory.write_latency_cycles;
    }

    const Problem& problem_;
    const Layout& layout_;
    const hw::PlatformConfig& config_;
    const spec::DeviceParams& p_;
    const CallList calls_;
    VisitedKeys visited_;
    Cycle score_ = 0, value_ = 0;  // of the first, then of the latest group
    uint32_t last_keys_ = 0;       // of the latest group; 0 before the first
    std::vector<MergedRows> merged_;
    Cycle write_ = 0;  // the write data bus is free from here on
};

}  // namespace

std::optional<uint64_t> stall_free_cycles(const Problem& problem, const Layout& layout,
                                          const hw::PlatformConfig& config) {
    if (problem.schedule != fw::ScheduleId::kQueryResident || config.memory.kind != "ideal" ||
        config.devices != 1 || layout.job.partial.head_stride != 0)  // firmware merges
        return std::nullopt;
    // These take loads of several commands or an index list first, or states that travel.
    if (problem.cover || problem.stacked || problem.mask.summary != 0 ||
        !problem.mask.documents.empty())
        return std::nullopt;
    if (problem.ragged() || problem.sink_logits || layout.remainder ||
        layout.job.key_list.given() || problem.pages)
        return std::nullopt;
    return ClosedForm(problem, layout, config).cycles();
}

}  // namespace tessera::host
