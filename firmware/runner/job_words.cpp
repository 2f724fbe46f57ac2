// SPDX-License-Identifier: MIT
#include "firmware/runner/job_words.h"

#include "firmware/driver/status.h"

namespace tessera::fw {
namespace {

using spec::double_word;

/// Are the numbers of these 0, 1, 2, ... in that order?
template <auto... kValues>
constexpr bool numbered() {
    uint32_t number = 0;
    return ((static_cast<uint32_t>(kValues) == number++) && ...);
}

constexpr uint32_t option(bool given, spec::JobOption bit) { return given ? uint32_t{bit} : 0u; }

constexpr spec::TensorWords words_of(const Tensor& tensor) {
    return {double_word(tensor.address), double_word(tensor.head_stride), tensor.pitch};
}

constexpr Tensor tensor_of(const spec::TensorWords& words) {
    return {words.address.value(), words.head_stride.value(), words.pitch};
}

static_assert(sizeof(CoverLine) == 3 * 4, "an array of words");
static_assert(sizeof(TilePair) == 3 * 4, "an array of words");

// Numbers that go as words from host to processor and back, possibly built at different times:
// docs/contract/jobs.md, section 4. Schedules: schedules/table.cpp.
static_assert(numbered<SentinelForm::kNone, SentinelForm::kColumns, SentinelForm::kSplit,
                       SentinelForm::kTwoCalls>());
static_assert(numbered<Code::kOk, Code::kBusFault, Code::kWrongDevice, Code::kBadJob,
                       Code::kDeviceError, Code::kUnresolved, Code::kResetTimeout>());
static_assert(numbered<JobRule::kNone, JobRule::kEmpty, JobRule::kHeads, JobRule::kDimension,
                       JobRule::kAlignment, JobRule::kPositions, JobRule::kRing, JobRule::kProfile,
                       JobRule::kShares, JobRule::kMask, JobRule::kSentinel, JobRule::kDocuments,
                       JobRule::kSchedule, JobRule::kRowList, JobRule::kCover, JobRule::kKind,
                       JobRule::kPages>());

spec::RowListWords words_of(const RowList& list, uint64_t rows) {
    return {double_word(rows), list.limit, double_word(list.address)};
}

RowList list_of(const spec::RowListWords& words, const MappedMemory& memory) {
    return {memory.array<uint32_t>(words.rows), words.limit, words.device_list.value()};
}

}  // namespace

spec::AttentionWords encode(const AttentionJob& job, const JobArrays& arrays) {
    spec::AttentionWords w;
    w.options = option(job.stacked, spec::kJobStacked) |
                option(job.bf16_output, spec::kJobBf16Output) |
                option(job.row_causal, spec::kJobRowCausal) | option(job.want_lse, spec::kJobLse) |
                option(job.sink_logits, spec::kJobSinkLogits) |
                option(job.sentinel.query_column, spec::kJobQueryColumn);
    w.schedule = static_cast<uint32_t>(job.schedule);
    w.query_heads = job.query_heads;
    w.kv_heads = job.kv_heads;
    w.nq = job.nq;
    w.nk = job.nk;
    w.d_k = job.d_k;
    w.d_v = job.d_v;
    w.factor = job.factor;
    w.mask = job.mask;
    w.q_position = job.q_position;
    w.k_position = job.k_position;
    w.documents = double_word(arrays.documents);
    w.document_count = job.document_count;
    w.tile_flags = double_word(arrays.tile_flags);
    w.tile_flags_stride = double_word(job.tile_flags_stride);
    w.query_list = words_of(job.query_list, arrays.query_rows);
    w.key_list = words_of(job.key_list, arrays.key_rows);
    w.q = words_of(job.q);
    w.k = words_of(job.k);
    w.v = words_of(job.v);
    w.o = words_of(job.o);
    w.state = words_of(job.state);
    w.partial = words_of(job.partial);
    w.lse = words_of(job.lse);
    w.sink_state = words_of(job.sink_state);
    w.summary_list = double_word(job.summary_list);
    w.sentinel = {static_cast<uint32_t>(job.sentinel.form), job.sentinel.key,
                  words_of(job.sentinel.rows), words_of(job.sentinel.indicators),
                  words_of(job.sentinel.retry)};
    w.peers = job.peers;
    w.share = job.share;
    w.pages = {double_word(arrays.pages), job.pages.rows, job.pages.first};
    w.order = double_word(arrays.order);
    w.order_count = job.order_count;
    return w;
}

AttentionJob decode(const spec::AttentionWords& words, const MappedMemory& memory) {
    const auto has = [&](spec::JobOption bit) { return (words.options & bit) != 0; };
    AttentionJob job;
    job.stacked = has(spec::kJobStacked);
    job.bf16_output = has(spec::kJobBf16Output);
    job.want_lse = has(spec::kJobLse);
    job.sink_logits = has(spec::kJobSinkLogits);
    job.row_causal = has(spec::kJobRowCausal);
    job.schedule = static_cast<ScheduleId>(words.schedule);
    job.query_heads = words.query_heads;
    job.kv_heads = words.kv_heads;
    job.nq = words.nq;
    job.nk = words.nk;
    job.d_k = words.d_k;
    job.d_v = words.d_v;
    job.factor = words.factor;
    job.mask = words.mask;
    job.q_position = words.q_position;
    job.k_position = words.k_position;
    job.documents = memory.array<uint32_t>(words.documents);
    job.document_count = words.document_count;
    job.tile_flags = memory.array<uint8_t>(words.tile_flags);
    job.tile_flags_stride = words.tile_flags_stride.value();
    job.query_list = list_of(words.query_list, memory);
    job.key_list = list_of(words.key_list, memory);
    job.q = tensor_of(words.q);
    job.k = tensor_of(words.k);
    job.v = tensor_of(words.v);
    job.o = tensor_of(words.o);
    job.state = tensor_of(words.state);
    job.partial = tensor_of(words.partial);
    job.lse = tensor_of(words.lse);
    job.sink_state = tensor_of(words.sink_state);
    job.summary_list = words.summary_list.value();
    job.sentinel.form = static_cast<SentinelForm>(words.sentinel.form);
    job.sentinel.query_column = has(spec::kJobQueryColumn);
    job.sentinel.key = static_cast<uint16_t>(words.sentinel.key);
    job.sentinel.rows = tensor_of(words.sentinel.rows);
    job.sentinel.indicators = tensor_of(words.sentinel.indicators);
    job.sentinel.retry = tensor_of(words.sentinel.retry);
    job.peers = words.peers;
    job.share = words.share;
    job.pages = {memory.array<uint32_t>(words.pages.pages), words.pages.rows, words.pages.first};
    job.order = memory.array<TilePair>(words.order);
    job.order_count = words.order_count;
    return job;
}

spec::CoverWords encode(const CoverJob& job, const JobArrays& arrays) {
    spec::CoverWords w;
    w.attention = encode(job.attention, arrays);
    w.group_tokens = job.group_tokens;
    w.class_count = job.class_count;
    w.groups = double_word(arrays.groups);
    w.lines = double_word(arrays.lines);
    w.class_ends = double_word(arrays.class_ends);
    w.index_list = double_word(job.index_list);
    return w;
}

CoverJob decode(const spec::CoverWords& words, const MappedMemory& memory) {
    CoverJob job;
    job.attention = decode(words.attention, memory);
    job.group_tokens = words.group_tokens;
    job.groups = memory.array<uint32_t>(words.groups);
    job.lines = memory.array<CoverLine>(words.lines);
    job.class_ends = memory.array<uint32_t>(words.class_ends);
    job.class_count = words.class_count;
    job.index_list = words.index_list.value();
    return job;
}

}  // namespace tessera::fw
