// SPDX-License-Identifier: MIT
// One point to simulate, as a plain value: machine, workload, schedule, outputs. Every field has a
// default; docs/use/experiments.md lists them all with their JSON names and what is allowed.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace tessera {

/// What the device is asked to compute.
enum class OperationKind { kAttention, kGemm, kLinear };

/// What simulates the device.
enum class Implementation { kModel, kRtl };

/// What keeps the time of the model.
enum class Engine {
    kAuto,     ///< the fast engine where it can do the run, else SystemC
    kSystemC,  ///< the SystemC model, which can do every run
    kFast,     ///< the same recurrences without SystemC: runs without data, of some kinds
};

/// Where the operands come from.
enum class Source {
    kRandom,  ///< a seeded generator
    kFile,    ///< one safetensors file
    kArrays,  ///< .npy files, one an operand
    kMemory,  ///< tensors in the caller's memory
};

/// Type of the elements of a tensor in memory: IEEE, or the upper half of a kF32.
enum class ElementType { kF32, kF64, kF16, kBf16 };

/// Which dimension comes first: [batch, heads, tokens, dim] or [batch, tokens, heads, dim]. Without
/// a batch the others are in the same order; without heads it makes no difference.
enum class HeadOrder { kHeadsFirst, kTokensFirst };

/// Which keys a query sees before other terms are looked at.
enum class MaskKind {
    kDense,
    kCausal,
    kSparse,  ///< causal, with a block of about the root of the keys, and summaries
};

/// Where positions begin when there are not as many queries as keys.
enum class Align {
    kEnd,    ///< the last query is at the last key
    kStart,  ///< query i is at key i
};

/// Where a sequence of a batch has its padding.
enum class Padding { kRight, kLeft };

/// Type of the elements that the device writes.
enum class OutputFormat { kFp32, kBf16 };

/// How a gemm C = A B is done.
enum class GemmForm {
    kRows,     ///< rows of A are queries
    kColumns,  ///< columns of B are queries, with the same bits
    kScores,   ///< likewise, and the score stage multiplies: needs Precision::kRounded
    kAuto,     ///< the fastest by prediction that the precision allows
};

/// What may be rounded to bf16 on the way to an element of a gemm.
enum class Precision {
    kExact,    ///< nothing
    kRounded,  ///< the sum over each block of the inner dimension
};

/// Which tokens a call takes.
enum class Oracle {
    kQueryKey,  ///< a query tile and a key tile
    kSelf,      ///< one set of tokens, which attends within itself
    kCausal,    ///< a query tile and a key tile, of which row i sees rows 0 to i whatever is asked
};

/// What `auto` chooses a schedule by.
enum class Minimise { kCycles, kCalls, kBytes };

/// How a black box is made to reveal its softmax sums.
enum class Sentinel { kAuto, kColumns, kSplit, kTwoCall };

/// One point to simulate. Fields of other operations or sources than its own keep their defaults.
struct Experiment {
    struct Machine {
        std::string device = "base";        ///< preset, or a .json file
        std::optional<std::string> memory;  ///< preset, or a .json file; none: the device's
        std::map<std::string, std::string> settings;  ///< of single configuration keys
        uint64_t devices = 1;                         ///< that share the memory and the job
        Implementation implementation = Implementation::kModel;
        Engine engine = Engine::kAuto;
        bool fast_forward = true;  ///< the fast engine passes over steady work, which is exact
    };

    /// Names of the tensors in a safetensors file.
    struct TensorNames {
        std::string q = "q", k = "k", v = "v";
    };

    /// .npy files: q, k and v, of a gemm a and b.
    struct Arrays {
        std::string q, k, v, a, b;
    };

    /// A tensor in the caller's memory, which a run reads and never writes. The last dimension is
    /// contiguous, any alignment will do.
    struct Operand {
        const void* data = nullptr;  ///< of the first element; null: no such operand
        std::vector<uint64_t> shape;
        ElementType type = ElementType::kF32;
    };

    /// Tensors in memory: q, k and v, of a gemm a and b. JSON has no place for them.
    struct Operands {
        Operand q, k, v, a, b;
    };

    /// Shape and seed of standard normal numbers.
    struct Random {
        uint64_t heads = 1, tokens = 1024, dimension = 64;  ///< of q
        std::optional<uint64_t> key_value_heads;            ///< none: heads
        std::optional<uint64_t> key_tokens;                 ///< none: tokens, or the longest length
        std::optional<uint64_t> value_dimension;            ///< none: dimension
        std::optional<uint64_t> batch;                      ///< none: as many as there are lengths
        uint64_t rows = 1024, columns = 1024, inner = 1024;  ///< of a gemm
        uint64_t seed = 1;
    };

    /// Mask terms; lengths in tokens, 0: no such term.
    struct Mask {
        std::optional<MaskKind> kind;  ///< none: causal with a term that looks back, else dense
        uint64_t prefix = 0, window = 0, sinks = 0, block = 0, summary = 0;
        std::vector<uint32_t> documents;  ///< first tokens of packed documents; empty: one
        std::string tile_flags;           ///< file with a flag for each pair of tiles
        Align align = Align::kEnd;
    };

    /// Sequences of different length, padded or packed.
    struct Batch {
        std::vector<uint32_t> query_lengths, key_lengths;  ///< tokens; empty: all are real
        std::optional<Padding> padding;                    ///< none: right
        std::vector<uint32_t> query_offsets, key_offsets;  ///< empty: not packed, as of the queries
    };

    struct Workload {
        Source source = Source::kRandom;
        Random random;
        std::string file;  ///< safetensors, or the index of a file in shards
        TensorNames tensor_names;
        Arrays arrays;
        Operands operands;
        std::optional<HeadOrder>
            head_order;  ///< of files and memory; none: heads first, with a note if in doubt
        bool allow_nonfinite = false;  ///< NaN and Inf in operands that are given
        Mask mask;
        Batch batch;
        std::optional<double> scale;  ///< of scores; none: 1 / sqrt(dimension)
        OutputFormat output_format = OutputFormat::kFp32;
        GemmForm form = GemmForm::kRows;
        Precision precision = Precision::kExact;
        uint64_t inner_block = 0, column_block = 0;  ///< columns of a block of a gemm; 0: most
        bool lse = false;                            ///< compute the log-sum-exp of every row, too
        std::string sink_logits;  ///< a tensor of the file, a .npy file, or "random"; empty: none
    };

    /// Attention to some key tiles only, with an audit.
    struct Approximation {
        std::optional<std::string> rule;  ///< none: exact attention
        std::optional<uint64_t> tiles;    ///< key tiles of a query tile, beside its own
        uint64_t seed = 1;                ///< of drawn tiles and audited rows
        double tolerance = 0.1;           ///< relative error above which a row fails
    };

    struct Schedule {
        std::optional<std::string> name;  ///< of a schedule, or "auto"; none: query-resident
        std::string
            order;  ///< file with the pairs of tiles in their order, of "listed"; empty: none
        Minimise minimise = Minimise::kCycles;  ///< what "auto" has the least of
        bool stack_heads = false;               ///< query heads of a head group share tiles
        Oracle oracle = Oracle::kQueryKey;
        std::optional<std::string> cover;        ///< of a self oracle; none: auto
        std::optional<Sentinel> sentinel;        ///< form of it; none: auto
        std::optional<int64_t> sentinel_offset;  ///< powers of two; none: as the form needs it
        Approximation approximation;
    };

    /// Pairs of tiles that a device takes in one call, for counting; 0: not counted.
    struct Slots {
        uint32_t heads = 0, layers = 0;
    };

    struct Outputs {
        std::optional<bool> check;          ///< compare with double precision; none: if it is small
        bool timing_only = false;           ///< cycles and traffic, without tensor data
        bool accept_inexact = false;        ///< a result that is known not to be exact
        bool accept_approximation = false;  ///< a result that its audit finds not valid
        Slots slots;
        std::optional<uint64_t> trace_commands;  ///< in trace.json; none: 20,000
        std::string folder;                      ///< for report, tensors and trace; empty: no files
        std::string wave;                        ///< FST file of the RTL's signals; empty: none
    };

    OperationKind operation = OperationKind::kAttention;
    Machine machine;
    Workload workload;
    Schedule schedule;
    Outputs outputs;
};

}  // namespace tessera
