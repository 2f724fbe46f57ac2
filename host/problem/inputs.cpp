// SPDX-License-Identifier: MIT
#include "host/problem/inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "host/error.h"
#include "host/io/npy.h"
#include "host/io/safetensors.h"
#include "host/io/tensor.h"
#include "host/problem/ignored_tensors.h"
#include "host/problem/sink_logits.h"
#include "host/problem/visible_keys.h"

namespace tessera::host {
namespace {

/// A tensor's shape as [leading...][tokens][dim].
struct Shape {
    std::vector<uint64_t> leading;
    uint64_t batch = 1, heads = 1, tokens = 0, dim = 0;
};

Shape shape_of(const TensorView& t) {
    const size_t rank = t.shape.size();
    const bool tokens_first = t.order == HeadOrder::kTokensFirst;
    if (rank < 2 || rank > 4)
        throw UserError(fmt::format("{}: tensor {} has shape {}; allowed: [tokens, dim], {}",
                                    t.file, printable(t.name), shape_text(t.shape),
                                    tokens_first
                                        ? "[tokens, heads, dim] or [batch, tokens, heads, dim]"
                                        : "[heads, tokens, dim] or [batch, heads, tokens, dim]"));
    for (const uint64_t n : t.shape)
        if (n == 0 || n >= spec::kPositionLimit)
            throw UserError(fmt::format(
                "{}: tensor {} has shape {}; every dimension must be at least 1 and at most {}",
                t.file, printable(t.name), shape_text(t.shape), spec::kPositionLimit - 1));
    Shape s;
    s.leading.assign(t.shape.begin(), t.shape.end() - 2);
    s.dim = t.shape[rank - 1];
    s.tokens = t.shape[rank - 2];
    if (rank >= 3 && tokens_first) std::swap(s.tokens, s.leading.back());
    if (rank >= 3) s.heads = s.leading.back();
    if (rank == 4) s.batch = t.shape[0];
    if (s.batch * s.heads >= spec::kPositionLimit)
        throw UserError(fmt::format("{}: tensor {} has shape {}: too many heads", t.file,
                                    printable(t.name), shape_text(t.shape)));
    return s;
}

/// "4 heads, 1 token"
std::string heads_and_tokens(uint64_t heads, uint64_t tokens) {
    return fmt::format("{} head{}, {} token{}", heads, heads == 1 ? "" : "s", tokens,
                       tokens == 1 ? "" : "s");
}

/// How a shape was read that may have been meant the other way; nothing where that is not likely.
std::string note_on_order(const TensorView& t) {
    const Shape s = shape_of(t);
    if (s.heads <= s.tokens) return "";
    return fmt::format(
        "{}: tensor {} has shape {} and is read as {}; `workload.head_order=tokens_first` reads "
        "{}, and `workload.head_order=heads_first` "
        "says that it is right so",
        t.file, printable(t.name), shape_text(t.shape), heads_and_tokens(s.heads, s.tokens),
        heads_and_tokens(s.tokens, s.heads));
}

/// May q and k, which fit as heads before tokens, be read as tokens before heads as well? v agrees
/// with k in both then.
bool fits_tokens_first(const TensorView& q, const TensorView& k) {
    return shape_of(q).tokens % shape_of(k).tokens == 0;
}

[[noreturn]] void mismatch(const TensorView& a, const TensorView& b, const char* rule) {
    throw UserError(fmt::format("{}: tensor {} has shape {} and tensor {} has shape {}; {}", a.file,
                                printable(a.name), shape_text(a.shape), printable(b.name),
                                shape_text(b.shape), rule));
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
    problem.head_order = q.order;
    problem.batch = static_cast<uint32_t>(sq.batch);
    problem.query_heads = static_cast<uint32_t>(sq.batch * sq.heads);
    problem.kv_heads = static_cast<uint32_t>(sk.batch * sk.heads);
    problem.nq = static_cast<uint32_t>(sq.tokens);
    problem.nk = static_cast<uint32_t>(sk.tokens);
    problem.d_k = static_cast<uint32_t>(sq.dim);
    problem.d_v = static_cast<uint32_t>(sv.dim);
}

/// What is opened, and the three tensors in it.
struct OpenedFiles {
    std::unique_ptr<SafetensorsFile> file;
    std::vector<NpyFile> npy;
    TensorView q, k, v;
};

bool in_memory(const InputFiles& files) { return files.operands.q.data != nullptr; }

/// Tensors of the caller, which outlive the run.
std::shared_ptr<OpenedFiles> take_operands(const InputFiles& files) {
    const auto opened = std::make_shared<OpenedFiles>();
    const Experiment::Operands& operands = files.operands;
    const auto take = [&files](const char* name, const Experiment::Operand& operand) {
        TensorView view = about_field(std::string("workload.operands.") + name,
                                      [&] { return tensor_in_memory(name, operand); });
        view.order = files.order.value_or(HeadOrder::kHeadsFirst);
        return view;
    };
    opened->q = take("q", operands.q);
    opened->k = take("k", operands.k);
    opened->v = take("v", operands.v);
    return opened;
}

std::shared_ptr<OpenedFiles> open_files(const InputFiles& files) {
    if (in_memory(files)) return take_operands(files);
    const auto opened = std::make_shared<OpenedFiles>();
    TensorView* const views[] = {&opened->q, &opened->k, &opened->v};
    const std::string* const paths[] = {&files.q, &files.k, &files.v};
    constexpr const char* kNames[] = {"q", "k", "v"};
    if (!files.safetensors.empty())
        about_field("workload.file",
                    [&] { opened->file = std::make_unique<SafetensorsFile>(files.safetensors); });
    for (size_t i = 0; i < 3; ++i) {
        const std::string named = fmt::format("workload.tensor_names.{}", kNames[i]);
        if (opened->file) {
            about_field(named, [&] {
                *views[i] = opened->file->tensor(files.names[i], TensorUse::kNumbers,
                                                 fmt::format("`{}`=NAME says which it is", named));
            });
        } else {
            about_field(fmt::format("workload.arrays.{}", kNames[i]),
                        [&] { opened->npy.emplace_back(*paths[i], kNames[i]); });
            *views[i] = opened->npy.back().tensor();
        }
        views[i]->order = files.order.value_or(HeadOrder::kHeadsFirst);
    }
    return opened;
}

/// "x.safetensors, k=key, layout bthd": what a report says of the input.
std::string description_of(const InputFiles& files) {
    constexpr const char* kNames[] = {"q", "k", "v"};
    std::string text = files.safetensors;
    if (in_memory(files))
        text = "memory";
    else if (text.empty())
        text = fmt::format("{}, {}, {}", files.q, files.k, files.v);
    for (size_t i = 0; i < 3; ++i)
        if (files.names[i] != kNames[i])
            text += fmt::format(", {}={}", kNames[i], printable(files.names[i]));
    if (files.order == HeadOrder::kTokensFirst) text += ", layout bthd";
    return text;
}

/// Reads elements [first, first + count) of [.., heads, tokens, dim] from a tensor whose tokens
/// come first: `read` a row's at a time.
template <typename Read, typename Out>
void read_tokens_first(const TensorView& t, uint64_t first, uint64_t count, Out* out,
                       const Read& read) {
    const size_t rank = t.shape.size();
    const uint64_t dim = t.shape[rank - 1], heads = t.shape[rank - 2], tokens = t.shape[rank - 3];
    while (count > 0) {
        const uint64_t row = first / dim, column = first % dim, n = std::min(dim - column, count);
        const uint64_t token = row % tokens, head = row / tokens % heads;
        const uint64_t source = (row / tokens / heads * tokens + token) * heads + head;
        read(source * dim + column, n, out);
        first += n;
        count -= n;
        out += n;
    }
}

/// The tensors of the safetensors file that somebody reads.
std::vector<std::string> used_tensors(const InputFiles& files) {
    std::vector<std::string> used(files.names.begin(), files.names.end());
    used.push_back(files.sink_logits);
    if (files.tile_mask == files.safetensors) used.emplace_back("mask");
    return used;
}

/// Of each query head: all sequences of a batch have the same. With `shapes_only` none.
std::vector<double> read_sink_logits(const InputFiles& files, const OpenedFiles& opened,
                                     bool shapes_only, const Problem& problem) {
    if (files.sink_logits.empty()) return {};
    std::optional<NpyFile> npy;
    if (!opened.file)
        about_field("workload.sink_logits", [&] { npy.emplace(files.sink_logits, "sink_logits"); });
    const TensorView& tensor = npy ? npy->tensor() : opened.file->tensor(files.sink_logits);
    const uint64_t heads = problem.query_heads / problem.batch;
    check_sink_tensor(tensor, heads);
    if (shapes_only) return {};
    const std::vector<double> logits = sink_logits_of(tensor, heads);
    std::vector<double> all;
    for (uint32_t i = 0; i < problem.batch; ++i)
        all.insert(all.end(), logits.begin(), logits.end());
    return all;
}

/// What may not be meant so: the order of heads and tokens, tensors that are ignored.
std::vector<std::string> notes_on(const InputFiles& files, const OpenedFiles& opened) {
    std::vector<std::string> notes;
    if (!files.order && fits_tokens_first(opened.q, opened.k)) {
        std::string order = note_on_order(opened.q);
        if (order.empty()) order = note_on_order(opened.k);
        if (!order.empty()) notes.push_back(std::move(order));
    }
    if (opened.file) {
        std::string ignored = note_on_ignored(*opened.file, used_tensors(files));
        if (!ignored.empty()) notes.push_back(std::move(ignored));
    }
    return notes;
}

}  // namespace

Operand operand_of(const TensorView& tensor) {
    tensor.require_use(TensorUse::kNumbers);
    const bool in_order = tensor.order == HeadOrder::kHeadsFirst || tensor.shape.size() < 3;
    const auto half = [&tensor](uint64_t first, uint64_t count, uint16_t* out) {
        tensor.to_bf16(first, count, out);
    };
    const auto exact = [&tensor](uint64_t first, uint64_t count, double* out) {
        tensor.to_double(first, count, out);
    };
    Operand operand;
    operand.dtype = dtype_name(tensor.dtype);
    operand.bf16 = half;
    if (!in_order)
        operand.bf16 = [&tensor, half](uint64_t first, uint64_t count, uint16_t* out) {
            read_tokens_first(tensor, first, count, out, half);
        };
    if (tensor.dtype == Dtype::kBf16) return operand;
    operand.original = exact;
    if (!in_order)
        operand.original = [&tensor, exact](size_t first, size_t count, double* out) {
            read_tokens_first(tensor, first, count, out, exact);
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
    const auto opened = open_files(files);
    const char* const field = in_memory(files) ? "workload.operands.k"
                              : opened->file   ? "workload.file"
                                               : "workload.arrays.k";
    about_field(field, [&] { fill_shapes(opened->q, opened->k, opened->v, problem); });
    if (!shapes_only && !allow_nonfinite) {
        opened->q.require_finite(real_queries(problem));
        opened->k.require_finite(real_keys(problem));
        opened->v.require_finite(real_keys(problem));
    }
    Inputs inputs;
    inputs.description = description_of(files);
    inputs.notes = notes_on(files, *opened);
    inputs.q = operand_of(opened->q);
    inputs.k = operand_of(opened->k);
    inputs.v = operand_of(opened->v);
    inputs.sink_logits = read_sink_logits(files, *opened, shapes_only, problem);
    inputs.storage = opened;
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

std::string dtypes_of(const Inputs& inputs) {
    if (inputs.q.dtype == inputs.k.dtype && inputs.k.dtype == inputs.v.dtype) return inputs.q.dtype;
    return fmt::format("q {}, k {}, v {}", inputs.q.dtype, inputs.k.dtype, inputs.v.dtype);
}

}  // namespace tessera::host
