// SPDX-License-Identifier: MIT
// The commands of a product, one by one. Tiles of C (M rows, D columns) are done two at a time, a
// state bank for each, which take turns along the inner dimension. They come row by row, every
// other row backwards, so that the two always have their tiles of A or of B in common, which then
// are loaded once for both: half of what a call reads. Per call, and only what is needed:
//   LOAD_K (the identity, once), LOAD_Q, LOAD_V, ATTEND, STORE_O
#pragma once
#include <stdint.h>

#include "firmware/product_job.h"
#include "firmware/sequencer.h"
#include "spec/command.h"
#include "spec/params.h"

namespace tessera::fw {

class ProductSequencer {
  public:
    /// `job` must be legal (check_product_job) and outlive this.
    ProductSequencer(const ProductJob& job, const spec::DeviceParams& device);

    /// The next command, or false at the end.
    bool next(spec::Command& command);

  private:
    /// Part of a dimension.
    struct Block {
        uint32_t index = 0, size = 0;
    };
    bool next_step();
    void begin_step();
    void build(uint32_t stage, spec::Command& c) const;

    const ProductJob& job_;
    uint32_t m_, d_, inner_;  ///< rows and columns of a tile of C, columns of one of A
    uint32_t row_tiles_, columns_, blocks_;  ///< tiles of C, and of the inner dimension
    uint64_t pair_ = 0;                      ///< of tiles of C
    uint32_t tile_ = 0;                      ///< of the pair; its state bank
    uint32_t block_ = 0;
    bool begun_ = false;
    Block row_, column_, part_;  ///< of this step, part_ of the inner dimension
    uint32_t todo_ = 0;          ///< kinds of commands of this step still to come
    BankSet q_, v_;
};

}  // namespace tessera::fw
