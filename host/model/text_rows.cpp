// SPDX-License-Identifier: MIT
#include "host/model/text_rows.h"

#include <fmt/format.h>

#include <algorithm>

#include "host/error.h"
#include "spec/integers.h"

namespace tessera::host {
namespace {

uint64_t page_number(const TextRows& text, uint64_t n) {
    return text.pages.empty() ? n : text.pages[n];
}

/// Pages that the rows of a text take up to their end.
uint64_t pages_taken(const TextRows& text, const CacheShape& cache) {
    return spec::divide_up(uint64_t{text.end()}, cache.page());
}

}  // namespace

std::vector<RowPiece> text_pieces(const std::vector<TextRows>& texts) {
    std::vector<RowPiece> pieces;
    uint64_t first = 0;
    for (const TextRows& text : texts) {
        pieces.push_back({first, text.rows, 0, text.position});
        first += text.rows;
    }
    return pieces;
}

std::vector<RowPiece> cache_pieces(const std::vector<TextRows>& texts, const CacheShape& cache) {
    const uint64_t page = cache.page();
    std::vector<RowPiece> pieces;
    uint64_t first = 0;
    for (const TextRows& text : texts) {
        bool begins = true;
        for (uint64_t position = text.position, count = 0; position < text.end();
             position += count, first += count) {
            count = std::min(page - position % page, text.end() - position);
            const uint64_t place = page_number(text, position / page) * page + position % page;
            if (!begins && pieces.back().place + pieces.back().rows == place)
                pieces.back().rows += count;
            else
                pieces.push_back({first, count, place, static_cast<uint32_t>(position)});
            begins = false;
        }
    }
    return pieces;
}

void check_texts(const std::vector<TextRows>& texts, const CacheShape& cache,
                 const std::string& layer) {
    for (const TextRows& text : texts) {
        const uint64_t pages = pages_taken(text, cache);
        bool fits = text.pages.empty() || pages <= text.pages.size();
        for (uint64_t n = 0; fits && n < pages; ++n)
            fits = (page_number(text, n) + 1) * cache.page() <= cache.rows;
        if (text.pages.empty() && text.end() <= cache.rows) fits = true;
        if (!fits)
            throw UserError(
                fmt::format("layer {}: {} rows from {} on do not fit a cache of {} rows", layer,
                            text.rows, text.position, cache.rows));
    }
}

bool lies_in_order(const std::vector<TextRows>& texts) {
    if (texts.size() != 1) return false;
    const std::vector<uint32_t>& pages = texts[0].pages;
    for (size_t n = 0; n < pages.size(); ++n)
        if (pages[n] != n) return false;
    return true;
}

/// Between a text's last key and its last page's end a sequence without queries has the rows that
/// nobody reads.
void set_texts(const std::vector<TextRows>& texts, const CacheShape& cache, Problem& problem) {
    KeyPages pages;
    pages.rows = static_cast<uint32_t>(cache.page());
    pages.tensor_rows = static_cast<uint32_t>(cache.rows);
    std::vector<uint32_t> queries = {0}, keys = {0};
    for (const TextRows& text : texts) {
        const uint64_t count = pages_taken(text, cache);
        for (uint64_t n = 0; n < count; ++n)
            pages.pages.push_back(static_cast<uint32_t>(page_number(text, n)));
        queries.insert(queries.end(), 2, queries.back() + text.rows);
        keys.push_back(keys.back() + text.end());
        keys.push_back(static_cast<uint32_t>(pages.pages.size() * cache.page()));
    }
    problem.nq = queries.back();
    problem.nk = keys.back();
    if (texts.size() == 1) {
        problem.nk = texts[0].end();
    } else {
        problem.query_offsets = std::move(queries);
        problem.key_offsets = std::move(keys);
    }
    problem.pages = std::make_shared<const KeyPages>(std::move(pages));
}

}  // namespace tessera::host
