// SPDX-License-Identifier: MIT
// The command line, parsed but not yet understood: names and files are still text.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "host/problem/problem.h"

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
    kMemories
};

inline constexpr uint64_t kMaxDevices = 64;
inline constexpr uint64_t kMaxRandomTokens = 65536;  ///< of a random job of `verify`
inline constexpr const char* kAutoSchedule = "auto";
inline constexpr const char* kSparseMask = "sparse";

struct RunOptions {
    std::string device = "base";
    std::optional<std::string> memory;
    std::vector<std::string> sets;  ///< key=value
    uint64_t num_devices = 1;
    std::string input;    ///< safetensors
    std::string tensors;  ///< of --input: "q=query,k=key"; empty: q, k and v
    std::string layout;   ///< "bhtd", "bthd"; empty: bhtd, and a note where that is doubtful
    std::string q, k, v;  ///< .npy
    std::string a, b;     ///< .npy, of gemm
    std::string random;   ///< "heads,tokens,dim", of gemm "m,n,k"
    uint64_t seed = 1;
    uint64_t kv_heads = 0, keys = 0, dim_v = 0;  ///< of --random; 0: as q
    uint64_t batch = 0;                          ///< of --random; 0: as many as there are lengths
    std::string query_lengths, key_lengths;      ///< "100,2000,65536" or "@FILE"
    std::string padding;                         ///< empty: right
    std::string query_offsets, key_offsets;      ///< "0,100,2100" or "@FILE"
    std::string slots;                           ///< "8x12"
    std::string mask;  ///< empty: causal with a term that looks back, else dense
    uint64_t prefix = 0, window = 0, sinks = 0, block = 0, summary = 0;  ///< 0: not given
    std::string documents;                                               ///< "0,100,250"
    std::string tile_mask;                                               ///< .npy or safetensors
    bool stack_heads = false;
    std::string align = "end";
    std::string schedule;                    ///< empty: query-resident
    std::string sentinel;                    ///< of a black box; empty: auto
    std::optional<int64_t> sentinel_offset;  ///< powers of two
    std::string oracle = "query-key";
    std::string cover;        ///< empty: auto
    std::string approximate;  ///< rule; empty: exact
    std::optional<uint64_t> tiles;
    uint64_t approximate_seed = 1;
    double tolerance = 0.1;
    bool accept_approximation = false;
    bool accept_inexact = false;
    std::optional<double> scale;
    std::string output_format = "fp32";
    std::string format = "table";
    std::string impl = "model";  ///< of the device: "model" or "rtl"
    std::string wave;            ///< FST file, "rtl" only
    std::string out;
    std::optional<bool> check;
    std::optional<uint64_t> trace_commands;
    bool timing_only = false;
    bool lse = false;
    std::string sink_logits;  ///< a tensor of --input, a .npy file, or "random"; empty: none
    bool allow_nonfinite = false;
};

/// Of `tessera verify`, beside the RunOptions of its one job.
struct VerifyOptions {
    CommandName operation = CommandName::kNone;  ///< kGemm, kLinear: that job, not attention
    std::optional<uint64_t> count;               ///< random jobs instead of one job
    std::optional<uint64_t> max_tokens;          ///< of random attention jobs
};

/// Of `tessera compare`, beside the RunOptions that all rows have in common. Lists have commas;
/// empty: what the RunOptions say; of schedules: all that there are; of covers: none.
struct CompareOptions {
    std::string schedules, covers, profiles;
    std::string heads;               ///< "separate,stacked"
    std::vector<std::string> masks;  ///< "causal", "window=4096,sinks=64"
    std::optional<uint64_t> jobs;    ///< simulations at once
    std::string format = "table";
    std::string out;  ///< a file; empty: stdout
};

struct CommandLine {
    CommandName command = CommandName::kNone;  ///< kNone: `text` is to be printed, no more
    std::string text;
    RunOptions run;  ///< of run, verify and compare
    VerifyOptions verify;
    CompareOptions compare;
};

/// Parses the arguments after the program's name. UserError on anything that is not understood.
CommandLine parse_command_line(std::vector<std::string> arguments);

/// Mask, alignment, lengths, schedule, scale and outputs of `options`; the shapes come from the
/// inputs. UserError names option, value and what is allowed.
Problem problem_of(const RunOptions& options);

/// The sentinel that `options` ask for.
SentinelWish sentinel_wish(const RunOptions& options);

}  // namespace tessera::host
