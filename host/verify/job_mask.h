// SPDX-License-Identifier: MIT
// Masks of attention jobs by brute force: random ones, and what they mean token by token, straight
// from spec/mask.h. What firmware plans is held against this. Also random masks of single commands.
#pragma once
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "firmware/plan/job.h"
#include "spec/params.h"

namespace tessera::verify {

/// The arrays that a job's mask points to.
struct MaskArrays {
    std::vector<uint32_t> documents;
    std::vector<uint8_t> tile_flags;
    std::vector<uint32_t> query_rows, key_rows;
    std::vector<uint32_t> pages;
};

/// Gives `job`, whose heads, tokens and positions are set, a random mask of any kind that firmware
/// takes, and perhaps stacks it. May change tokens and positions where the mask asks for it.
/// `arrays` must outlive the job.
void random_mask(std::mt19937_64& random, uint32_t m, fw::AttentionJob& job, MaskArrays& arrays);

/// Gives `job`, which has its mask, a list of queries, of keys, or both, and takes away what does
/// not go with lists. nq and nk stay; the tensors may have twice as many rows (tensor_rows).
void random_lists(std::mt19937_64& random, fw::AttentionJob& job, MaskArrays& arrays);

/// Gives `job` a random causal window, perhaps with sinks, that fits schedule strided
/// where the first key is at `first_key` or later. False, and nothing is done, if tiles are too
/// small or it has lists. The schedule is the caller's to set.
bool random_strided(std::mt19937_64& random, uint32_t m, uint32_t first_key, fw::AttentionJob& job);

/// Makes `job` row-causal, unless the device has no room for that.
void make_row_causal(const spec::DeviceParams& device, fw::AttentionJob& job);

/// Lays the keys and values of `job`, whose tokens are set, in pages, unless they do not go with
/// what it has.
void random_pages(std::mt19937_64& random, uint32_t m, fw::AttentionJob& job, MaskArrays& arrays);

/// Any legal mask of an ATTEND on tiles of `m` rows, whose positions begin at about `origin`.
spec::Mask random_command_mask(std::mt19937_64& random, uint32_t m, uint32_t origin);

/// Rows of a tensor of which a job takes `tokens` tokens, perhaps by a list.
uint32_t tensor_rows(const fw::RowList& list, uint32_t tokens);

/// The same of keys and values.
uint32_t key_tensor_rows(const fw::AttentionJob& job);
/// Which row of its tensor key `j` is, by list or pages.
uint32_t key_row(const fw::AttentionJob& job, uint32_t j);

/// May query `i` of this query head see key `j`, both counted as the job's lists do? `m`: tile
/// tokens.
bool allows(const fw::AttentionJob& job, uint32_t m, uint32_t head, uint32_t i, uint32_t j);

/// The mask, for messages: "causal, window 7, stacked".
std::string mask_text(const fw::AttentionJob& job);

}  // namespace tessera::verify
