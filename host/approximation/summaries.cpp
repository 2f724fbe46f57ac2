// SPDX-License-Identifier: MIT
#include "host/approximation/summaries.h"

#include <algorithm>
#include <limits>

#include "spec/integers.h"

namespace tessera::host {

TileSummaries summarise_tiles(const ElementReader& rows, uint32_t heads, uint32_t tokens,
                              uint32_t dim, uint32_t m) {
    TileSummaries s;
    s.heads = heads;
    s.tiles = spec::divide_up(tokens, m);
    s.dim = dim;
    const size_t elements = size_t{heads} * s.tiles * dim;
    s.mean.resize(elements);
    s.low.assign(elements, std::numeric_limits<double>::infinity());
    s.high.assign(elements, -std::numeric_limits<double>::infinity());
    std::vector<double> tile(size_t{m} * dim);
    for (uint32_t head = 0; head < heads; ++head)
        for (uint32_t t = 0; t < s.tiles; ++t) {
            const uint32_t count = std::min(m, tokens - t * m);
            rows((size_t{head} * tokens + size_t{t} * m) * dim, size_t{count} * dim, tile.data());
            const size_t at = s.at(head, t);
            for (uint32_t i = 0; i < count; ++i)
                for (uint32_t c = 0; c < dim; ++c) {
                    const double x = tile[size_t{i} * dim + c];
                    s.mean[at + c] += x / count;
                    s.low[at + c] = std::min(s.low[at + c], x);
                    s.high[at + c] = std::max(s.high[at + c], x);
                }
        }
    return s;
}

}  // namespace tessera::host
