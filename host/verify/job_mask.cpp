// SPDX-License-Identifier: MIT
#include "host/verify/job_mask.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "firmware/plan/tile_map.h"
#include "spec/integers.h"
#include "spec/mask.h"

namespace tessera::verify {
namespace {

class MaskGenerator {
  public:
    MaskGenerator(std::mt19937_64& random, uint32_t m, fw::AttentionJob& job, MaskArrays& arrays)
        : random_(random), m_(m), job_(job), arrays_(arrays) {}

    void make() {
        arrays_ = MaskArrays();
        job_.mask = spec::Mask();
        job_.documents = nullptr;
        job_.tile_flags = nullptr;
        if (below(4) != 0) job_.mask.flags = spec::kMaskCausal;
        switch (below(8)) {
            case 0:
            case 1: break;
            case 2:
            case 3:
            case 4: ranges(); break;
            case 5: sparse(); break;
            case 6: documents(); break;
            default: tile_flags(); break;
        }
        const bool gathers = (job_.mask.flags & spec::kMaskSummary) != 0;
        job_.stacked = below(3) == 0 && job_.tile_flags == nullptr && (!gathers || job_.nq == 1);
        const bool alone = job_.documents != nullptr || job_.tile_flags != nullptr || gathers;
        if (!alone && below(4) == 0) prefix();
    }

  private:
    uint32_t below(uint64_t n) { return static_cast<uint32_t>(random_() % n); }
    /// A small number as a rule, of any size at times.
    uint32_t distance() { return 1 + below(below(4) == 0 ? job_.nq + job_.nk : 2 * m_); }

    void ranges() {
        spec::Mask& mask = job_.mask;
        const uint32_t terms = 1 + below(7);
        if ((terms & 1) != 0) {
            mask.flags |= spec::kMaskWindow;
            mask.window = distance();
        }
        if ((terms & 2) != 0) {
            mask.flags |= spec::kMaskSink;
            mask.sinks = std::min(spec::kPositionLimit, job_.k_position + distance() - 1);
        }
        if ((terms & 4) != 0 && below(3) == 0) {
            mask.flags |= spec::kMaskBlock;
            mask.block = 1u << below(8);
        }
    }

    void prefix() {
        job_.mask.flags |= spec::kMaskPrefix;
        job_.mask.prefix = std::min(spec::kPositionLimit, job_.k_position + distance() - 1);
    }

    void sparse() {
        job_.mask.flags = spec::kMaskCausal | spec::kMaskBlock | spec::kMaskSummary;
        job_.mask.block = 1u << below(7);
        job_.mask.summary = 1 + below(below(3) == 0 ? job_.mask.block : 1);
    }

    void documents() {
        job_.nq = job_.nk;
        job_.q_position = job_.k_position;
        const uint32_t longest = distance();
        for (uint32_t at = 0; at < job_.nk; at += 1 + below(longest))
            arrays_.documents.push_back(at);
        job_.documents = arrays_.documents.data();
        job_.document_count = static_cast<uint32_t>(arrays_.documents.size());
    }

    void tile_flags() {
        const uint64_t tiles =
            uint64_t{spec::divide_up(job_.nq, m_)} * spec::divide_up(job_.nk, m_);
        const uint32_t heads = below(2) == 0 ? 1 : job_.query_heads;
        const uint32_t percent = below(101);
        for (uint64_t i = 0; i < tiles * heads; ++i)
            arrays_.tile_flags.push_back(below(100) < percent);
        job_.tile_flags = arrays_.tile_flags.data();
        job_.tile_flags_stride = heads == 1 ? 0 : tiles;
    }

    std::mt19937_64& random_;
    uint32_t m_;
    fw::AttentionJob& job_;
    MaskArrays& arrays_;
};

void forget_mask(fw::AttentionJob& job) {
    job.mask = spec::Mask();
    job.stacked = false;
    job.documents = nullptr;
    job.document_count = 0;
    job.tile_flags = nullptr;
}

/// Some `count` of the rows of a tensor that has as many or up to twice that.
fw::RowList random_list(std::mt19937_64& random, uint32_t count, bool ascending,
                        std::vector<uint32_t>& rows) {
    rows.resize(count + random() % (count + 1));
    std::iota(rows.begin(), rows.end(), 0);
    std::shuffle(rows.begin(), rows.end(), random);
    const auto limit = static_cast<uint32_t>(rows.size());
    rows.resize(count);
    if (ascending) std::sort(rows.begin(), rows.end());
    return {rows.data(), limit, 0};
}

uint32_t document_of(const fw::AttentionJob& job, uint32_t row) {
    uint32_t document = 0;
    while (document + 1 < job.document_count && job.documents[document + 1] <= row) ++document;
    return document;
}

}  // namespace

void random_mask(std::mt19937_64& random, uint32_t m, fw::AttentionJob& job, MaskArrays& arrays) {
    MaskGenerator(random, m, job, arrays).make();
}

void random_lists(std::mt19937_64& random, fw::AttentionJob& job, MaskArrays& arrays) {
    const uint64_t kind = random() % 3;  // queries, keys, both
    job.documents = nullptr;
    job.document_count = 0;
    job.stacked = false;
    job.q_position = job.k_position = 0;
    const uint32_t causal = job.mask.flags & spec::kMaskCausal;
    job.mask = spec::Mask();
    if (kind != 1) job.query_list = random_list(random, job.nq, true, arrays.query_rows);
    if (kind != 0)
        job.key_list = random_list(random, job.nk, false, arrays.key_rows);
    else
        job.mask.flags = causal;
}

bool random_strided(std::mt19937_64& random, uint32_t m, uint32_t first_key,
                    fw::AttentionJob& job) {
    const uint32_t keys = fw::keys_of_tile(job, m);
    if (keys < 2 || job.query_list.given() || job.key_list.given()) return false;
    forget_mask(job);
    job.mask.flags = spec::kMaskCausal | spec::kMaskWindow;
    job.mask.window = 1 + static_cast<uint32_t>(random() % (keys - 1));
    if (random() % 2 != 0) return true;
    job.mask.flags |= spec::kMaskSink;
    job.mask.sinks = first_key + static_cast<uint32_t>(random() % (keys - job.mask.window));
    return true;
}

void make_row_causal(const spec::DeviceParams& device, fw::AttentionJob& job) {
    const bool told = device.profile != spec::Profile::kBlackbox ||
                      job.sentinel.form != fw::SentinelForm::kNone || job.nk <= device.m;
    if (!told || fw::keys_of_tile(job, device.m) < 2) return;
    forget_mask(job);
    job.row_causal = true;
    job.nq = job.nk;
    job.q_position = job.k_position = 0;
    job.query_list = job.key_list = {};
    job.schedule = fw::ScheduleId::kQueryResident;
    job.mask.flags = spec::kMaskCausal;
}

/// Pages anywhere, or a few pieces of pages that follow each other.
void random_pages(std::mt19937_64& random, uint32_t m, fw::AttentionJob& job, MaskArrays& arrays) {
    if (job.key_list.given() || (job.mask.flags & spec::kMaskSummary) != 0) return;
    job.pages.rows = 1 + static_cast<uint32_t>(random() % (2 * m));
    job.pages.first = random() % 2 == 0 ? 0 : static_cast<uint32_t>(random() % (3 * m));
    const uint32_t count = spec::divide_up(job.pages.first + job.nk, job.pages.rows);
    arrays.pages.resize(count + random() % (count + 1));
    std::iota(arrays.pages.begin(), arrays.pages.end(), 0);
    if (random() % 3 == 0) {
        const auto middle = static_cast<ptrdiff_t>(random() % arrays.pages.size());
        std::rotate(arrays.pages.begin(), arrays.pages.begin() + middle, arrays.pages.end());
    } else {
        std::shuffle(arrays.pages.begin(), arrays.pages.end(), random);
    }
    arrays.pages.resize(count);
    job.pages.pages = arrays.pages.data();
}

spec::Mask random_command_mask(std::mt19937_64& random, uint32_t m, uint32_t origin) {
    const auto below = [&](uint64_t n) { return static_cast<uint32_t>(random() % n); };
    const auto chance = [&](uint32_t percent) { return below(100) < percent; };
    spec::Mask mask;
    if (chance(30)) return mask;
    mask.flags = chance(30) ? uint32_t{spec::kMaskCausal} : below(spec::kMaskAll + 1);
    const auto given = [&](uint32_t flags) { return (mask.flags & flags) != 0; };
    if (given(spec::kMaskWindow))
        mask.window = chance(10) ? spec::kPositionLimit : 1 + below(2 * m);
    if (given(spec::kMaskSink)) mask.sinks = chance(20) ? 0 : origin + below(2 * m);
    if (given(spec::kMaskBlock | spec::kMaskSummary))
        mask.block = chance(5) ? 1u << 31 : 1u << below(7);
    if (given(spec::kMaskSummary)) mask.summary = 1 + below(std::min(mask.block, 64u));
    if (given(spec::kMaskFree)) mask.free_from = below(m + 1);
    if (given(spec::kMaskDiagOff)) mask.diag_group = 1 + below(m);
    if (given(spec::kMaskPrefix)) mask.prefix = origin + below(m);
    return mask;
}

uint32_t tensor_rows(const fw::RowList& list, uint32_t tokens) {
    return list.given() ? list.limit : tokens;
}

uint32_t key_tensor_rows(const fw::AttentionJob& job) {
    if (job.row_causal) return 2 * job.nk;
    if (job.pages.pages == nullptr) return tensor_rows(job.key_list, job.nk);
    uint32_t rows = 0;
    for (uint32_t j = 0; j < job.nk; ++j) rows = std::max(rows, key_row(job, j) + 1);
    return rows;
}

uint32_t key_row(const fw::AttentionJob& job, uint32_t j) {
    if (job.key_list.given()) return job.key_list.rows[j];
    if (job.pages.pages == nullptr) return j;
    const uint32_t at = job.pages.first + j, page = at / job.pages.rows;
    return job.pages.pages[page] * job.pages.rows + at - page * job.pages.rows;
}

bool allows(const fw::AttentionJob& job, uint32_t m, uint32_t head, uint32_t i, uint32_t j) {
    if (job.documents != nullptr && document_of(job, i) != document_of(job, j)) return false;
    if (job.tile_flags != nullptr) {
        const uint64_t key_tiles = spec::divide_up(job.nk, m);
        if (job.tile_flags[head * job.tile_flags_stride + i / m * key_tiles + j / m] == 0)
            return false;
    }
    const uint32_t q = job.query_list.given() ? job.query_list.rows[i] : job.q_position + i;
    return spec::mask_allows(job.mask, 0, 0, q, job.k_position + j);
}

std::string mask_text(const fw::AttentionJob& job) {
    const spec::Mask& mask = job.mask;
    std::string text = (mask.flags & spec::kMaskCausal) != 0 ? "causal" : "not causal";
    if (mask.window != 0) text += fmt::format(", window {}", mask.window);
    if ((mask.flags & spec::kMaskSink) != 0)
        text += fmt::format(", positions below {}", mask.sinks);
    if ((mask.flags & spec::kMaskPrefix) != 0)
        text += fmt::format(", prefix to position {}", mask.prefix);
    if (mask.block != 0) text += fmt::format(", block {}", mask.block);
    if (mask.summary != 0) text += fmt::format(", summary {}", mask.summary);
    if (job.documents != nullptr) text += fmt::format(", {} documents", job.document_count);
    if (job.tile_flags != nullptr) text += ", tile flags";
    if (job.stacked) text += ", stacked";
    if (job.row_causal) text += ", row by row";
    if (job.query_list.given()) text += ", list of queries";
    if (job.key_list.given()) text += ", list of keys";
    if (job.pages.given()) text += fmt::format(", pages of {}", job.pages.rows);
    return text;
}

}  // namespace tessera::verify
