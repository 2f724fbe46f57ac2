// SPDX-License-Identifier: MIT
// The commands of a job, or of a list of jobs, one by one: the planner's steps with banks,
// addresses, masks and fences. Per step, in this order and only what is needed:
//   LOAD_Q, LOAD_K, LOAD_V, FENCE, LOAD_STATE, ATTEND, STORE_O, STORE_STATE (lse), STORE_STATE.
// Where a query tile is one lane group, LOAD_K of its next call goes before LOAD_V. With sink
// logits LOAD_STATE of the first step is that of the sinks' states. A tile or state that is still
// in a bank is not loaded again; banks of a kind alternate. A tile of several runs (tile_map.h)
// takes a load or store for each. Does not number commands (tags are the driver's) and does not end
// the job with a FENCE. Nor does one stand between two jobs: the next one's loads begin while the
// last ATTENDs of the one before run (docs/inside/firmware.md, Lists of jobs). Where firmware
// merges (partial.h) a step of a partial result is
//   LOAD_Q, LOAD_K, LOAD_V, FENCE, ATTEND, STORE_STATE (slot)
// with a FENCE, which interrupts, before the first ATTEND of each batch but the first. With a
// sentinel STORE_O takes the place of STORE_STATE, LOAD_K and LOAD_V are followed by those of the
// sentinel, and some forms take two passes: once more LOAD_V, ATTEND, STORE_O.
#pragma once
#include <stdint.h>

#include "firmware/merge/partial.h"
#include "firmware/plan/bank_set.h"
#include "firmware/plan/extent.h"
#include "firmware/plan/origin.h"
#include "firmware/plan/planner.h"
#include "spec/command.h"
#include "spec/params.h"

namespace tessera::fw {

/// A plain value: a copy goes on by itself. So are the sequencers of other kinds of jobs.
class Sequencer {
  public:
    /// `job` must be legal and outlive this. FENCE records go to `record_address`.
    Sequencer(const AttentionJob& job, const spec::DeviceParams& device, uint64_t record_address)
        : Sequencer(&job, 1, device, record_address) {}
    /// The same of `count` jobs, at least one. They may have working memory (state, partial) in
    /// common.
    Sequencer(const AttentionJob* jobs, uint32_t count, const spec::DeviceParams& device,
              uint64_t record_address);

    /// The next command, or false at the end.
    bool next(spec::Command& command);
    /// Of the command that next() gave last.
    Origin origin() const;
    /// The next commands are those of a retry: one step of any of the jobs once more, with queries
    /// from Sentinel::retry, a result in kRetryPartialSlot, and the banks that the current step
    /// does not use. When they are issued, next() is false once, and then goes on. `at` is what
    /// gave the step.
    void retry(const Step& step, const Planner& at);
    /// Partial results so far.
    uint64_t partials() const { return partials_; }

    /// How many of the next calls take the same commands as the latest one, but for addresses and
    /// positions, which move on by a tile each time: Planner::steady_steps(). 0: none, or it is not
    /// known.
    uint32_t steady_calls() const;
    /// Goes on as if so many of them had been given: an even number, since banks alternate.
    void skip(uint32_t calls);
    /// The same of query tiles that follow that of the latest call.
    uint32_t steady_tiles() const;
    void skip_tiles(uint32_t tiles);
    /// Where in its commands the sequence is, where there are steady ones. So many calls or query
    /// tiles after another place the same commands follow, but for positions and for what does not
    /// matter of addresses.
    struct Place {
        uint64_t step = 0;       ///< what comes next, and the banks
        uint64_t addresses = 0;  ///< of the tiles, between the boundaries of bursts
        uint32_t job = 0, query_head = 0, q_tile = 0, k_tile = 0;
        bool moves = false;  ///< the key tile moves on with the query tile

        bool calls_after(const Place& other, uint32_t calls) const {
            return alike(other) && q_tile == other.q_tile && k_tile == other.k_tile + calls;
        }
        bool tiles_after(const Place& other, uint32_t tiles) const {
            return alike(other) && q_tile == other.q_tile + tiles && moves == other.moves &&
                   k_tile == other.k_tile + (moves ? tiles : 0);
        }

      private:
        bool alike(const Place& other) const {
            return step == other.step && addresses == other.addresses && job == other.job &&
                   query_head == other.query_head;
        }
    };
    Place place() const;

  private:
    void begin_job();
    void begin_step();
    void begin_pass();
    uint32_t early_keys() const;
    void begin_partial();
    void end_retry();
    Purpose purpose() const;
    uint32_t build(uint32_t stage, spec::Command& c) const;
    uint32_t build_state(uint32_t stage, spec::Command& c) const;
    uint32_t build_query_rows(const Tensor& tensor, uint32_t head, spec::Command& c) const;
    uint32_t build_sink_load(spec::Command& c) const;
    uint32_t build_partial_store(spec::Command& c) const;
    uint32_t build_values_load(spec::Command& c) const;
    uint32_t build_sentinel_load(uint32_t row, spec::Command& c) const;
    uint32_t build_key_load(const Tensor& tensor, uint32_t tile, uint32_t rows,
                            spec::Command& c) const;
    void build_gather(const Tensor& tensor, uint32_t head, const RowList& list, uint32_t part,
                      spec::Command& c) const;
    uint32_t build_attend(spec::Command& c) const;
    const TileMap& map() const { return retrying_ ? retry_map_ : planner_.map(); }
    const AttentionJob& job() const { return map().job(); }
    uint32_t state_head() const { return step_.query_head % group_; }

    Planner planner_;
    uint64_t record_address_;
    spec::DeviceParams device_;
    uint32_t group_ = 1;  ///< query heads that share a key/value head
    bool states_travel_ = false;
    bool states_unfenced_ = false;  ///< a state was stored after the last FENCE
    bool fence_due_ = false;        ///< and that was before this key tile
    bool partial_ = false;          ///< this step gives a partial result
    uint32_t pass_ = 0;             ///< of this step
    uint64_t partials_ = 0;         ///< that of this step included
    uint32_t todo_ = 0;             ///< kinds of commands of this step still to come
    uint32_t row_ = 0;              ///< rows of the tile that the first of these has done
    uint32_t stage_ = 0;            ///< kind of the last command
    uint32_t stage_row_ = 0;        ///< and the row of the tile that it began with
    uint32_t k_bank_ = 0;           ///< keys of this step
    uint32_t attending_ = 0;        ///< query rows of this step that may see a key
    Step step_;
    BankSet q_, k_, v_, state_;
    bool retrying_ = false;
    uint32_t retry_job_ = 0;  ///< whose step is retried
    TileMap retry_map_;       ///< of that job
    struct {
        Step step;
        uint32_t pass, todo;
        bool partial;
    } suspended_ = {};  ///< what the retry interrupts
};

}  // namespace tessera::fw
