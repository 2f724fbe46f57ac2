// SPDX-License-Identifier: MIT
#include "host/workload/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "host/error.h"
#include "host/io/npy.h"
#include "host/io/safetensors.h"
#include "host/io/tensor.h"
#include "host/workload/ignored_tensors.h"
#include "host/workload/sink_logits.h"

namespace tessera::host {
namespace {

/// A tensor's shape as [leading...][tokens][dim].
struct Shape {
    std::vector<uint64_t> leading;
    uint64_t batch = 1, heads = 1, tokens = 0, dim = 0;
};

Shape shape_of(const TensorView& t) {
    const size_t rank = t.shape.size();
    if (rank < 2 || rank > 4)
        throw UserError(
            fmt::format("{}: tensor {} has shape {}; allowed: [heads, tokens, dim], "
                        "[tokens, dim] or [batch, heads, tokens, dim]",
                        t.file, t.name, shape_text(t.shape)));
    for (const uint64_t n : t.shape)
        if (n == 0 || n >= spec::kPositionLimit)
            throw UserError(fmt::format(
                "{}: tensor {} has shape {}; every dimension must be at least 1 and at most {}",
                t.file, t.name, shape_text(t.shape), spec::kPositionLimit - 1));
    Shape s;
    s.leading.assign(t.shape.begin(), t.shape.end() - 2);
    s.dim = t.shape[rank - 1];
    s.tokens = t.shape[rank - 2];
    if (rank >= 3) s.heads = t.shape[rank - 3];
    if (rank == 4) s.batch = t.shape[0];
    if (s.batch * s.heads >= spec::kPositionLimit)
        throw UserError(fmt::format("{}: tensor {} has shape {}: too many heads", t.file, t.name,
                                    shape_text(t.shape)));
    return s;
}

[[noreturn]] void mismatch(const TensorView& a, const TensorView& b, const char* rule) {
    throw UserError(fmt::format("{}: tensor {} has shape {} and tensor {} has shape {}; {}", a.file,
                                a.name, shape_text(a.shape), b.name, shape_text(b.shape), rule));
}

void fill_shapes(const TensorView& q, const TensorView& k, const TensorView& v, Problem& problem) {
    const Shape sq = shape_of(q), sk = shape_of(k), sv = shape_of(v);
    if (q.shape.size() != k.shape.size()) mismatch(q, k, "they must have as many dimensions");
    if (k.shape.size() != v.shape.size()) mismatch(k, v, "they must have as many dimensions");
    if (sq.batch != sk.batch) mismatch(q, k, "the batches must be equal");
    if (sk.leading != sv.leading) mismatch(k, v, "batch and heads must be equal");
    if (sq.dim != sk.dim) mismatch(q, k, "the last dimensions must be equal");
    if (sk.tokens != sv.tokens) mismatch(k, v, "the tokens must be equal");
    if (sq.heads % sk.heads != 0) mismatch(q, k, "q's heads must be a multiple of k's");
    problem.leading = sq.leading;
    problem.batch = static_cast<uint32_t>(sq.batch);
    problem.query_heads = static_cast<uint32_t>(sq.batch * sq.heads);
    problem.kv_heads = static_cast<uint32_t>(sk.batch * sk.heads);
    problem.nq = static_cast<uint32_t>(sq.tokens);
    problem.nk = static_cast<uint32_t>(sk.tokens);
    problem.d_k = static_cast<uint32_t>(sq.dim);
    problem.d_v = static_cast<uint32_t>(sv.dim);
}

void require_convertible(const TensorView& tensor) {
    if (is_convertible(tensor.dtype)) return;
    throw UserError(fmt::format("{}: tensor {} is {}; allowed: BF16, F16, F32, F64", tensor.file,
                                tensor.name, dtype_name(tensor.dtype)));
}

struct NpyFiles {
    NpyFile q, k, v;
};

/// The tensors of the safetensors file that somebody reads.
std::vector<std::string> used_tensors(const InputFiles& files) {
    std::vector<std::string> used = {"q", "k", "v", files.sink_logits};
    if (files.tile_mask == files.safetensors) used.emplace_back("mask");
    return used;
}

/// Of each query head: all sequences of a batch have the same.
std::vector<double> read_sink_logits(const InputFiles& files, const Problem& problem) {
    if (files.sink_logits.empty()) return {};
    const uint64_t heads = problem.query_heads / problem.batch;
    const std::vector<double> logits =
        files.safetensors.empty()
            ? sink_logits_of(NpyFile(files.sink_logits, "sink_logits").tensor(), heads)
            : sink_logits_of(SafetensorsFile(files.safetensors).tensor(files.sink_logits), heads);
    std::vector<double> all;
    for (uint32_t i = 0; i < problem.batch; ++i)
        all.insert(all.end(), logits.begin(), logits.end());
    return all;
}

/// Tokens of each entry of the batch that are no padding, by its lengths or else its offsets.
/// Empty: all of them.
std::vector<TokenRange> real_tokens(const Problem& p, const std::vector<uint32_t>& lengths,
                                    const std::vector<uint32_t>& offsets, uint32_t tokens) {
    if (!offsets.empty()) return std::vector<TokenRange>(p.batch, {0, offsets.back()});
    std::vector<TokenRange> all;
    for (const uint32_t length : lengths) {
        const uint32_t begin = p.padding == Padding::kLeft ? tokens - length : 0;
        all.push_back({begin, begin + length});
    }
    return all;
}

std::vector<TokenRange> real_queries(const Problem& p) {
    return real_tokens(p, p.query_lengths, p.query_offsets, p.nq);
}

std::vector<TokenRange> real_keys(const Problem& p) {
    return real_tokens(p, p.key_lengths, p.key_offsets, p.nk);
}

/// The keys that a row of the tensors sees, for the reference. From lengths and offsets by
/// themselves: Problem::places() is what the device goes by, and the two check each other.
class VisibleKeys {
  public:
    VisibleKeys(const Problem& p, uint32_t m)
        : m_(m), heads_(p.query_heads / (p.ragged() ? p.batch : 1)), offsets_(p.query_offsets) {
        Problem one = p;
        for (auto* list :
             {&one.query_lengths, &one.key_lengths, &one.query_offsets, &one.key_offsets})
            list->clear();
        const TokenRange all_queries{0, p.nq}, all_keys{0, p.nk};
        if (!p.ragged()) add(one, all_queries, all_keys);
        for (size_t s = 0; s + 1 < offsets_.size(); ++s)
            add(one, {offsets_[s], offsets_[s + 1]}, {p.key_offsets[s], p.key_offsets[s + 1]});
        if (!p.ragged() || p.packed()) return;
        const std::vector<TokenRange> queries = real_queries(p), keys = real_keys(p);
        for (uint32_t entry = 0; entry < p.batch; ++entry)
            add(one, queries.empty() ? all_queries : queries[entry],
                keys.empty() ? all_keys : keys[entry]);
    }

    void operator()(uint32_t head, uint32_t row, std::vector<KeyRange>& ranges) const {
        ranges.clear();
        if (!is_query(head, row)) return;
        const Alone& s = alone_[sequence_of(head, row)];
        if (s.problem.nk == 0) return;
        s.problem.visible_keys(m_, head % heads_, row - s.queries.begin, ranges);
        for (KeyRange& range : ranges) {
            range.begin += s.first_key;
            range.end += s.first_key;
        }
    }

    /// Or is the row padding?
    bool is_query(uint32_t head, uint32_t row) const {
        const size_t sequence = sequence_of(head, row);
        if (sequence >= alone_.size()) return false;  // behind the last one
        const TokenRange& queries = alone_[sequence].queries;
        return row >= queries.begin && row < queries.end;
    }

  private:
    struct Alone {
        Problem problem;
        TokenRange queries;
        uint32_t first_key;
    };

    void add(Problem alone, const TokenRange& queries, const TokenRange& keys) {
        alone.nq = queries.end - queries.begin;
        alone.nk = keys.end - keys.begin;
        alone_.push_back({std::move(alone), queries, keys.begin});
    }

    size_t sequence_of(uint32_t head, uint32_t row) const {
        if (offsets_.empty()) return head / heads_;
        const auto next = std::upper_bound(offsets_.begin(), offsets_.end(), row);
        return static_cast<size_t>(next - offsets_.begin()) - 1;
    }

    uint32_t m_, heads_;
    std::vector<uint32_t> offsets_;  ///< of packed sequences
    std::vector<Alone> alone_;
};

}  // namespace

Operand operand_of(const TensorView& tensor) {
    require_convertible(tensor);
    Operand operand;
    operand.dtype = dtype_name(tensor.dtype);
    operand.bf16 = [&tensor](uint64_t first, uint64_t count, uint16_t* out) {
        tensor.to_bf16(first, count, out);
    };
    if (tensor.dtype != Dtype::kBf16)
        operand.original = [&tensor](size_t first, size_t count, double* out) {
            tensor.to_double(first, count, out);
        };
    return operand;
}

ElementReader reader_of(const Operand& operand, bool original) {
    if (original && operand.original) return operand.original;
    return [&operand](size_t first, size_t count, double* out) {
        thread_local std::vector<uint16_t> values;
        values.resize(count);
        operand.bf16(first, count, values.data());
        bf16_reader(values.data())(0, count, out);
    };
}

Inputs open_inputs(const InputFiles& files, bool allow_nonfinite, bool shapes_only,
                   Problem& problem) {
    Inputs inputs;
    const TensorView* tensors[3];
    if (!files.safetensors.empty()) {
        auto file = std::make_shared<SafetensorsFile>(files.safetensors);
        tensors[0] = &file->tensor("q");
        tensors[1] = &file->tensor("k");
        tensors[2] = &file->tensor("v");
        inputs.storage = file;
        const std::string note = note_on_ignored(*file, used_tensors(files));
        if (!note.empty()) inputs.notes.push_back(note);
        inputs.description = files.safetensors;
    } else {
        auto npy = std::make_shared<NpyFiles>(
            NpyFiles{NpyFile(files.q, "q"), NpyFile(files.k, "k"), NpyFile(files.v, "v")});
        tensors[0] = &npy->q.tensor();
        tensors[1] = &npy->k.tensor();
        tensors[2] = &npy->v.tensor();
        inputs.storage = npy;
        inputs.description = fmt::format("{}, {}, {}", files.q, files.k, files.v);
    }
    for (const TensorView* tensor : tensors) require_convertible(*tensor);
    fill_shapes(*tensors[0], *tensors[1], *tensors[2], problem);
    if (!shapes_only && !allow_nonfinite) {
        tensors[0]->require_finite(real_queries(problem));
        tensors[1]->require_finite(real_keys(problem));
        tensors[2]->require_finite(real_keys(problem));
    }
    inputs.q = operand_of(*tensors[0]);
    inputs.k = operand_of(*tensors[1]);
    inputs.v = operand_of(*tensors[2]);
    inputs.sink_logits = read_sink_logits(files, problem);
    inputs.has_data = !shapes_only;
    return inputs;
}

ReferenceProblem reference_problem(const Problem& p, const Inputs& inputs, uint32_t m,
                                   bool original) {
    ReferenceProblem r;
    r.query_heads = p.query_heads;
    r.kv_heads = p.kv_heads;
    r.nq = p.nq;
    r.nk = p.nk;
    r.d_k = p.d_k;
    r.d_v = p.d_v;
    r.scale = p.scale;
    const VisibleKeys visible(p, m);
    r.visible = visible;
    const std::vector<TokenRange> keys = real_keys(p);
    for (uint32_t kv = 0; kv < p.kv_heads && !keys.empty(); ++kv) {
        const TokenRange& real = keys[kv / (p.kv_heads / p.batch)];
        r.keys.push_back({real.begin, real.end});
    }
    if (!inputs.sink_logits.empty())
        r.sink_logit = [logits = inputs.sink_logits, visible](uint32_t head, uint32_t row) {
            return visible.is_query(head, row) ? logits[head] : kNoSink;
        };
    r.q = reader_of(inputs.q, original);
    r.k = reader_of(inputs.k, original);
    r.v = reader_of(inputs.v, original);
    return r;
}

}  // namespace tessera::host
