// SPDX-License-Identifier: MIT
// Tessera as a library: what an experiment comes to, simulated or foretold.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "error.h"
#include "experiment.h"
#include "run_hooks.h"

namespace tessera {

/// What came out of a run.
struct Report {
    enum class Verdict {
        kGood,
        kMismatch,  ///< an element is outside its error bound, or there was nothing to compare
        kNotValid   ///< the result is known not to be good for this input
    };

    /// A number of the report, by its path there: "derived.mac_utilisation", "counters.cycles".
    struct Figure {
        std::string path;
        double value = 0;  ///< NaN: it has none
        std::string unit;
        std::string meaning;  ///< formula or definition
    };

    /// The result against double precision.
    struct Errors {
        uint64_t elements = 0;      ///< compared
        uint64_t not_compared = 0;  ///< as no bound holds for them
        uint64_t outside = 0;       ///< of their bound
        double max_abs = 0;
        double rms_relative = 0;
        double max_over_bound = 0;  ///< largest error over its bound; at most 1 is good
    };

    struct Tensor {
        std::string name;             ///< "o", "lse"; of a gemm "c"
        std::vector<uint64_t> shape;  ///< that of the input; the last dimension is contiguous
        std::vector<float> values;
    };

    Verdict verdict = Verdict::kGood;
    std::vector<std::string> remarks;  ///< what stands against the result, a sentence each
    std::string json;                  ///< docs/use/report.md
    std::string text;                  ///< a table for people
    std::vector<Figure> figures;       ///< of the JSON, in its order
    std::optional<Errors> errors;      ///< none: not checked
    std::vector<Tensor> tensors;       ///< none where only time is simulated, or if withheld

    /// The figure at `path`; std::out_of_range if there is none.
    const Figure& figure(const std::string& path) const;
    /// The tensor `name`; std::out_of_range if there is none.
    const Tensor& tensor(const std::string& name) const;
};

/// What an attention would cost.
struct Prediction {
    uint64_t cycles = 0;             ///< predicted
    uint64_t stall_free_cycles = 0;  ///< by closed formula; 0 where there is none
    uint64_t calls = 0;              ///< by formula
    uint64_t bytes = 0;              ///< through the memory port
    std::string schedule;            ///< that was predicted: the best one of "auto", or "cover"
};

/// `experiment` as JSON, every field, in the order of docs/use/experiments.md; operands in memory
/// are no part of it.
std::string json_of(const Experiment& experiment);

/// The experiment in `json`, an object; what is left out keeps its default. Error (kUser): names
/// the field, its value and what is allowed. Whether the fields go together is looked at by run().
Experiment experiment_of(const std::string& json);

/// Runs `experiment` in a process of its own, for which it takes the files that `outputs` asks for,
/// and returns what came out. Prints nothing. Error: a mistake in the experiment (kUser), a device
/// that stopped (kDevice), hooks that ended the run (kCancelled). Whatever else ends that process
/// is kInternal, be it a signal, or that `seconds` are over; 0: no limit. Not from several threads
/// at once.
Report run(const Experiment& experiment, const RunHooks& hooks = {}, unsigned seconds = 24 * 3600);

/// What an attention will cost, without simulating it. Error: a mistake in the experiment.
Prediction predict(const Experiment& experiment);

}  // namespace tessera
