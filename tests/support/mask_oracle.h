// SPDX-License-Identifier: MIT
// Which keys a query sees, token by token, written from the words of docs/contract/device.md,
// section 4 (device_sees, job_sees), and docs/contract/schedules.md, section 3 (user_sees), over
// signed integers. Shares nothing with what it judges but the structures that hold a mask: no code
// of spec/mask.h, of firmware or of the host.
#pragma once
#include <cstdint>
#include <vector>

#include "firmware/plan/job.h"
#include "host/problem/problem.h"

namespace tessera::test {

/// floor(a / b), b above 0.
inline int64_t floor_of(int64_t a, int64_t b) {
    const int64_t towards_zero = a / b;
    return towards_zero * b > a ? towards_zero - 1 : towards_zero;
}

/// The device's mask: may the query in tile row i at position q see the key in row j at k?
inline bool device_sees(const spec::Mask& mask, int64_t i, int64_t j, int64_t q, int64_t k) {
    const auto term = [&](int bit) { return (mask.flags >> bit & 1) != 0; };
    const int64_t block = mask.block, window = mask.window;
    if (term(6) && floor_of(i, mask.diag_group) == floor_of(j, mask.diag_group)) return false;
    if (term(5) && j >= mask.free_from) return true;
    if (term(7) && k < mask.prefix) return true;
    if (term(0) && k > q) return false;
    if (!term(1) && !term(2) && !term(3) && !term(4)) return true;
    if (term(1) && q - k < window && (term(0) || k - q < window)) return true;
    if (term(2) && k < mask.sinks) return true;
    if (term(3) && floor_of(q, block) == floor_of(k, block)) return true;
    return term(4) && k - floor_of(k, block) * block >= block - mask.summary;
}

/// Number of the packed document that holds a token.
template <typename Starts>
int64_t document_number(const Starts* starts, int64_t count, int64_t token) {
    int64_t n = 0;
    for (int64_t d = 0; d < count; ++d) n += starts[d] <= token ? 1 : 0;
    return n;
}

/// A job of firmware: may its query i of a head see its key j? `m`: tile tokens.
inline bool job_sees(const fw::AttentionJob& job, int64_t m, int64_t head, int64_t i, int64_t j) {
    if (job.documents != nullptr && document_number(job.documents, job.document_count, i) !=
                                        document_number(job.documents, job.document_count, j))
        return false;
    if (job.tile_flags != nullptr) {
        const int64_t key_tiles = (job.nk + m - 1) / m;
        const int64_t stride = static_cast<int64_t>(job.tile_flags_stride);
        if (job.tile_flags[head * stride + i / m * key_tiles + j / m] == 0) return false;
    }
    const int64_t q = job.query_list.given() ? job.query_list.rows[i] : job.q_position + i;
    return device_sees(job.mask, 0, 0, q, job.k_position + j);
}

/// The document of a token: its first token, and the one behind its last.
struct DocumentSpan {
    int64_t begin = 0, end = 0;
};
inline DocumentSpan document_span(const std::vector<uint32_t>& starts, int64_t tokens,
                                  int64_t token) {
    DocumentSpan span{0, tokens};
    for (const uint32_t start : starts) {
        if (start <= token) span.begin = start;
        if (start > token && start < span.end) span.end = start;
    }
    return span;
}

/// What a user asked for: of nq queries and nk keys of one sequence, may query i of a head see key
/// j? Key j is at position j, query i at i + nk - nq, or at i if aligned at the start.
inline bool user_sees(const host::AttentionMask& mask, int64_t m, int64_t nq, int64_t nk,
                      int64_t head, int64_t i, int64_t j) {
    if (!mask.documents.empty()) {  // each by itself, with all other terms
        const DocumentSpan own = document_span(mask.documents, nk, i);
        if (j < own.begin || j >= own.end) return false;
        host::AttentionMask alone = mask;
        alone.documents.clear();
        const int64_t tokens = own.end - own.begin;
        return user_sees(alone, m, tokens, tokens, head, i - own.begin, j - own.begin);
    }
    const int64_t q = mask.align == host::Align::kEnd ? i + nk - nq : i, k = j;
    if (j < mask.prefix) return true;
    if (mask.causal && k > q) return false;
    if (mask.tiles.given()) {
        const int64_t of_head = mask.tiles.heads == 1 ? 0 : head;
        const int64_t q_tiles = (nq + m - 1) / m, k_tiles = (nk + m - 1) / m;
        return mask.tiles.flags[(of_head * q_tiles + i / m) * k_tiles + j / m] != 0;
    }
    if (mask.window == 0 && mask.sinks == 0 && mask.block == 0) return true;
    if (mask.window != 0 && q - k < mask.window && k - q < mask.window) return true;
    if (j < mask.sinks) return true;
    if (mask.block == 0) return false;
    const int64_t own = floor_of(q, mask.block), of_key = floor_of(k, mask.block);
    if (own == of_key) return true;
    return of_key < own && k - of_key * mask.block >= int64_t{mask.block} - mask.summary &&
           mask.summary != 0;
}

/// The same of a problem of one sequence.
inline bool user_sees(const host::Problem& p, uint32_t m, int64_t head, int64_t i, int64_t j) {
    return user_sees(p.mask, m, p.nq, p.nk, head, i, j);
}

}  // namespace tessera::test
