// SPDX-License-Identifier: MIT
// Where the rows of texts lie: in a run of a graph one text behind the other, in caches by pages.
#pragma once
#include <cstdint>
#include <vector>

#include "host/problem/problem.h"

namespace tessera::host {

/// Caches of keys and values: rows of all texts together, in pages of so many.
struct CacheShape {
    CacheShape(uint64_t all, uint32_t page = 0) : rows(all), page_rows(page) {}

    uint64_t rows;
    uint32_t page_rows;      ///< 0: a single page
    uint64_t text_rows = 0;  ///< of the longest text that is expected; 0: all

    uint64_t page() const { return page_rows == 0 ? rows : page_rows; }
    uint64_t pages() const { return rows / page(); }
    /// Positions for which there is to be a table.
    uint64_t positions() const { return text_rows == 0 ? rows : text_rows; }
};

/// Rows of a run of a graph that belong to one text, behind those of the texts before it.
struct TextRows {
    uint32_t rows = 0;
    uint32_t position = 0;        ///< in its text, of the first of them
    std::vector<uint32_t> pages;  ///< of its caches, in order; empty: 0, 1, 2, ...

    uint32_t end() const { return position + rows; }
};

/// Some rows of a text that lie one behind the other.
struct RowPiece {
    uint64_t first = 0, rows = 0;  ///< in the run
    uint64_t place = 0;            ///< of the first in a cache
    uint32_t position = 0;         ///< of the first in its text
};

/// A piece for each text. Places mean nothing.
std::vector<RowPiece> text_pieces(const std::vector<TextRows>& texts);
/// Pieces that lie together in caches of that shape, too.
std::vector<RowPiece> cache_pieces(const std::vector<TextRows>& texts, const CacheShape& cache);

/// UserError unless every text has pages of the caches for all its rows. `layer` for the message.
void check_texts(const std::vector<TextRows>& texts, const CacheShape& cache,
                 const std::string& layer);

/// Do all rows of a cache from 0 on belong to the one text, in order?
bool lies_in_order(const std::vector<TextRows>& texts);

/// Makes `problem`, which has heads, dimensions and mask, that of the texts' queries over the keys
/// of each. The pages of the texts are its keys, one text behind the other.
void set_texts(const std::vector<TextRows>& texts, const CacheShape& cache, Problem& problem);

}  // namespace tessera::host
