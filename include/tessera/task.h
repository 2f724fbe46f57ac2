// SPDX-License-Identifier: MIT
// Tasks with known answers: does a hand-built transformer still get them right on this machine,
// with this mask and schedule?
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tessera.h"

namespace tessera {

/// Which task (docs/use/tasks.md, section 2), and which model does it. What is not given has the
/// default of its task. A number that the task does not have must not be given.
struct TaskOptions {
    std::string name;                 ///< "mqar"
    std::string model = "standard";   ///< "standard", "window", "sparse", "linear", "ring"
    std::string code;                 ///< "digits" or "bits"; empty: that of the task
    std::optional<uint64_t> columns;  ///< of a query, key or value, at most; none: as needed
    std::optional<double> gap;        ///< of scores, in powers of two

    std::optional<uint64_t> tokens, pairs, size, chains, hops, symbols;
    std::optional<uint64_t> gram;   ///< symbols by which a text is copied
    std::optional<uint64_t> reach;  ///< letters of a pattern, or how far back a cell looks
    std::optional<uint64_t> depth;  ///< of records, percent
    bool doubling = false;          ///< of pointers
    std::string layout;             ///< "first" or "spread"; empty: first
    uint64_t seed = 1;
    bool token_by_token = false;  ///< the model makes its own tokens, one at a time
};

/// No symbol, or an answer that the model does not know.
inline constexpr int64_t kNoSymbol = INT64_MIN;

/// What came out of a task.
struct TaskReport {
    uint64_t asked = 0, right = 0;           ///< answers that count
    std::optional<uint64_t> expected_right;  ///< by closed form; none: there is no such form
    uint64_t unexpected = 0;                 ///< answers that are not those of the closed form
    std::vector<std::string> remarks;        ///< what stands against the answers, a sentence each
    std::vector<std::string> notes;          ///< on attentions that were accepted nevertheless
    std::string json;                        ///< docs/use/report.md#a-task
    std::string text;                        ///< a table for people
    std::vector<Report::Figure> figures;     ///< of the JSON, in its order
    std::vector<std::string> fields;         ///< names of the numbers of a token, its symbol first
    /// [tokens][fields]: the sequence, and the answer and the right one at each token; kNoSymbol
    /// where there is none.
    std::vector<std::vector<int64_t>> tokens, answers, truth;

    /// The figure at `path`, such as "cost.cycles"; std::out_of_range if there is none.
    const Report::Figure& figure(const std::string& path) const;
};

/// Does a task on the machine and with the mask and schedule of `experiment`, whose workload has no
/// tensors of its own. Each attention is simulated in a process of its own. Prints and writes
/// nothing. Of the hooks `progress` is told. Error: as run(). Not from several threads at once.
TaskReport run_task(const TaskOptions& options, const Experiment& experiment,
                    const RunHooks& hooks = {});

}  // namespace tessera
