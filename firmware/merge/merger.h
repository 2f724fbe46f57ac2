// SPDX-License-Identifier: MIT
// Merges partial results on the processor, element by element, with the device's own numerics
// (spec/state.h), so that the bits are those of a device that merges. With a sentinel partial
// results are first brought into the form that such a device has (sentinel.h), and rows for which
// the sentinel is too high or too low are retried. Steps and slots are those of the Sequencer:
// the planner's, once more. The driver says when a batch is in memory.
#pragma once
#include <stdint.h>

#include "firmware/driver/bus.h"
#include "firmware/merge/accounting.h"
#include "firmware/merge/partial.h"
#include "firmware/merge/row_merger.h"
#include "firmware/merge/sentinel.h"
#include "firmware/plan/planner.h"
#include "spec/state.h"

namespace tessera::fw {

/// How far a batch is merged.
enum class Merged : uint32_t {
    kDone,      ///< all of it
    kBusFault,  ///< memory answered with a bus error
    kRetry,     ///< rows of Merger::step() wait for its result in kRetryPartialSlot
};

/// Query rows whose sums the sentinel did not tell; their o is NaN. Heads are counted over all
/// jobs.
struct Unresolved {
    static constexpr uint32_t kNamed = 16;
    struct Row {
        uint32_t head = 0, row = 0;
    };
    uint32_t rows = 0;  ///< the first kNamed of them are in `named`
    Row named[kNamed];
};

/// A plain value, but for what is in memory: a copy goes on by itself.
class Merger {
  public:
    /// `job` must be legal and, as bus and accounting, outlive this.
    Merger(Bus& bus, const AttentionJob& job, const spec::DeviceParams& device,
           Accounting* accounting = nullptr)
        : Merger(bus, &job, 1, device, accounting) {}
    /// The same of `count` jobs, at least one.
    Merger(Bus& bus, const AttentionJob* jobs, uint32_t count, const spec::DeviceParams& device,
           Accounting* accounting = nullptr);

    /// Merges the next kMergeBatch partial results, or as many as are left; o and lse of a query
    /// tile are written with its last. After kRetry the next call goes on.
    [[nodiscard]] Merged merge_batch();
    /// The pair of tiles that is to be retried, with the queries that are in Sentinel::retry.
    const Step& step() const { return step_; }
    const Planner& planner() const { return planner_; }
    const Unresolved& unresolved() const { return unresolved_; }

  private:
    /// A row of the tile: whose it is, where it comes from, where it goes.
    struct Row {
        uint32_t at = 0;  ///< row of the tile
        uint32_t head = 0, token = 0;
        uint64_t partial = 0;
        uint64_t query = 0;  ///< address of the query of that call
        MergedRow merged;
    };

    [[nodiscard]] Merged merge_tile(uint32_t slot);
    Row row_at(uint32_t slot, uint32_t at) const;
    uint64_t working_row(uint32_t tile_row, uint32_t head, uint32_t token) const;
    bool begins(uint32_t at) const;
    MergeWork work_of_step() const;
    RowMerger row_merger() const { return {*bus_, job(), device_}; }
    const AttentionJob& job() const { return planner_.job(); }

    // With a sentinel: merger_sentinel.cpp.
    bool has_sentinel() const { return job().sentinel.form != SentinelForm::kNone; }
    [[nodiscard]] bool take_shares(const Row& row, MergeWork& work);
    [[nodiscard]] bool merge_told(const Row& row, const ToldRow& told, MergeWork& work);
    [[nodiscard]] bool retry(const Row& row, const Shares& shares, uint16_t level, MergeWork& work);
    [[nodiscard]] bool give_up(const Row& row, const spec::RowState& state, MergeWork& work);
    [[nodiscard]] bool copy_queries(MergeWork& work);
    [[nodiscard]] bool read_shares(const Row& row, Shares& shares);
    [[nodiscard]] bool read_level(uint64_t query, uint16_t& level);
    [[nodiscard]] bool write_level(uint64_t query, uint16_t level);
    void count_scaling(MergeWork& work) const;
    uint32_t shares_bytes() const;
    bool sees_a_key(const Row& row) const;
    bool is_pending(uint32_t row) const { return (pending_[row / 32] >> row % 32 & 1) != 0; }

    Bus* bus_;
    Accounting* accounting_;  ///< or nullptr
    spec::DeviceParams device_;
    Planner planner_;
    Step step_;
    uint32_t partials_ = 0;        ///< begun so far, modulo 2^32
    uint32_t in_merge_batch_ = 0;  ///< merged of this batch
    // With a sentinel.
    uint32_t round_ = 0;         ///< how often this tile was retried
    bool retries_ = false;       ///< some row of it is pending
    uint32_t pending_[32] = {};  ///< rows of it that wait, as bits: M is at most 1024
    Unresolved unresolved_;
};

}  // namespace tessera::fw
