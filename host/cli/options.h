// SPDX-License-Identifier: MIT
// The command line, understood: an experiment, and what only the command line has.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/model/sampling.h"
#include "include/tessera/experiment.h"
#include "include/tessera/task.h"

namespace tessera::host {

enum class CommandName {
    kNone,
    kRun,
    kVerify,
    kCompare,
    kGemm,
    kLinear,
    kDevices,
    kSchedules,
    kCovers,
    kMemories,
    kTranscribe,
    kEmbed,
    kGenerate,
    kServe,
    kHeads,
    kProfile,
    kReport,
    kSweep,
    kMerge,
    kDiff,
    kExplain,
    kCompletions,
    kManual,
    kVerifyModel,
    kTask
};

inline constexpr uint64_t kMaxRandomTokens = 65536;  ///< of a random job of `verify`

/// Of `tessera verify`, beside the experiment of its one job.
struct VerifyOptions {
    std::optional<uint64_t> count;       ///< random jobs instead of one job
    std::optional<uint64_t> max_tokens;  ///< of random attention jobs
};

/// Of `tessera compare`, beside the experiment that all rows have in common. Lists have commas;
/// empty: what the experiment says; of schedules: all that there are; of covers: none.
struct CompareOptions {
    std::string schedules, covers, profiles;
    bool row_causal = false;
    std::string heads;               ///< "separate,stacked"
    std::vector<std::string> masks;  ///< "causal", "window=4096,sinks=64"
    std::optional<uint64_t> jobs;    ///< simulations at once
    std::string format = "table";
    std::string out;  ///< a file; empty: stdout
};

/// Of `tessera report`.
struct PageOptions {
    std::vector<std::string> files;  ///< or folders
    std::string out = "report.html";
};

/// Of `tessera sweep`.
struct SweepOptions {
    std::string grid;              ///< file, or folder of an earlier sweep, which is also `out`
    std::string out;               ///< folder
    std::optional<uint64_t> jobs;  ///< simulations at once
    std::string shard;             ///< "2/8"; empty: all points
    std::string figures;           ///< commas between; empty: cycles and bytes
    bool retry = false, dry_run = false;
};

/// Of `tessera merge`.
struct MergeOptions {
    std::vector<std::string> folders;  ///< of shards
    std::string out, figures;          ///< as of a sweep
};

/// Of `tessera diff`.
struct DiffOptions {
    std::string before, after;        ///< files or folders
    std::optional<double> fail_over;  ///< per cent
    std::string figures;              ///< commas between; empty: all
    std::string out;                  ///< file of the page; empty: none
};

/// Of `tessera verify model`, beside machine, precision and seed of the experiment.
struct VerifyModelOptions {
    uint32_t repeats = UINT32_MAX;  ///< of the layers that the description repeats
    uint32_t rows = 4, steps = 2;   ///< as host::RandomInputs
};

/// Of `tessera generate`.
struct GenerateOptions {
    std::string tokens;  ///< of the prompt, commas between
    std::optional<std::string> text;
    uint32_t most = 16;  ///< new tokens
    uint32_t chunk = 0;  ///< rows of the prompt at once; 0: all
    uint32_t page = 0;   ///< rows of a page of the caches; 0: one piece
    Sampling sampling;
    bool ignore_end = false, beyond_positions = false;
    bool compare_dense = false;  ///< logits beside those of dense attention
};

/// Of `tessera serve`.
struct ServeOptions {
    std::string trace;  ///< file of requests; empty: drawn
    uint32_t requests = 100;
    double rate = 1;  ///< requests a second
    std::string prompt_tokens = "16,256", new_tokens = "16,128";
    uint64_t seed = 1;
    std::string policies = "mixed";  ///< commas between
    uint32_t texts = 16, chunk = 256;
    std::optional<uint32_t> page;   ///< rows; none: as many tokens as the device attends to
    std::optional<uint32_t> pages;  ///< of the caches
    bool ignore_end = false;
};

/// Of `tessera profile`.
struct ProfileOptions {
    std::string tokens = "1024,8192,65536,131072";  ///< commas between
    uint32_t chunk = 0;                             ///< rows of a prompt at once; 0: all
};

/// Of the commands that run models. Machine, precision and outputs are those of the
/// experiment.
struct ModelOptions {
    std::vector<std::string> files;
    std::string model;                 ///< name or folder; empty: that of the command
    std::string dump;                  ///< pattern of names of layers; empty: none
    std::vector<std::string> layers;   ///< what heads see: host/model/head_settings.h
    std::string reference_text;        ///< a file; empty: none
    std::string reference_embeddings;  ///< likewise
    bool device_given = true;          ///< of `heads`: else the model's own
    bool check = false;
    bool lines = false;
    std::optional<uint32_t> max_tokens;
    GenerateOptions generate;
    ServeOptions serve;
    ProfileOptions profile;
};

/// Of `tessera task`: lists have commas; empty: what the task's options say.
struct TaskGridOptions {
    std::string models, sizes, columns;
    std::string store;             ///< file of outcomes; empty: none
    std::optional<uint64_t> jobs;  ///< simulations at once

    bool given() const { return !models.empty() || !sizes.empty() || !columns.empty(); }
};

struct CommandLine {
    CommandName command = CommandName::kNone;  ///< kNone: `text` is to be printed, no more
    std::string text;
    Experiment experiment;             ///< of run, gemm, linear, verify and compare
    std::string format = "table";      ///< of the report on stdout (host/report/render.h)
    std::string experiment_file;       ///< that --experiment names
    bool print_experiment = false;     ///< and no more
    std::vector<std::string> sources;  ///< files that options were read from
    VerifyOptions verify;
    CompareOptions compare;
    PageOptions page;
    SweepOptions sweep;
    MergeOptions merge;
    DiffOptions diff;
    ModelOptions model;
    VerifyModelOptions verify_model;
    TaskOptions task;
    bool verify_task = false;  ///< each attention on model and RTL
    TaskGridOptions task_grid;
    std::string key;    ///< of `tessera explain`; empty: all
    std::string shell;  ///< of `tessera completions`
};

/// Parses the arguments after the program's name. UserError on anything that is not understood.
CommandLine parse_command_line(std::vector<std::string> arguments);

}  // namespace tessera::host
