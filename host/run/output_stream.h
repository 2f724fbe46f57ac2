// SPDX-License-Identifier: MIT
// The output tensors, written to their file while the devices produce them: a block of rows goes to
// the file when a device has stored the last byte of it, and its memory may be given back.
#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "host/io/safetensors.h"
#include "host/operation/inexact_rows.h"
#include "host/operation/layout.h"
#include "host/run/run_record.h"

namespace tessera::host {

class OutputStream {
  public:
    /// Opens the file `path`: `o` [query_heads][nq][d_v] in shape and order of q, and `lse` if the
    /// problem wants it. UserError.
    OutputStream(const std::string& path, const RunRecord& record, const Metadata& metadata);

    /// Where the rows are, and who is told of those that are not needed any more (nobody: empty).
    using Release = std::function<void(uint64_t address, uint64_t bytes)>;
    void attach(MemoryAccess memory, Release release);
    /// A device has written [address, address + bytes).
    void stored(uint64_t address, uint64_t bytes);
    /// Rows written so far that have a NaN or an Inf, in any order.
    const ElementNames& nonfinite() const { return nonfinite_; }
    /// `lse`, [query_heads][nq].
    void write_lse(const std::vector<double>& lse);
    /// Puts the file in place; std::logic_error if rows are missing.
    void commit() { writer_.commit(); }

    static constexpr uint64_t kBlockRows = 1024;

  private:
    void stored_in_head(uint64_t head, uint64_t begin, uint64_t end);
    void write_block(uint64_t head, uint64_t block);

    const Problem& problem_;
    const Layout& layout_;
    SafetensorsWriter writer_;
    MemoryAccess memory_;
    Release release_;
    uint64_t blocks_;                ///< of a head
    std::vector<uint64_t> missing_;  ///< bytes of each block, [query_heads][blocks_]
    ElementNames nonfinite_;
};

}  // namespace tessera::host
