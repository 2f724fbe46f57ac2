// SPDX-License-Identifier: MIT
// The cover of a problem as firmware takes it.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

#include "firmware/cover/cover_job.h"
#include "host/cover/cover.h"
#include "host/operation/layout.h"
#include "host/problem/problem.h"

namespace tessera::host {

/// A cover and the arrays that a fw::CoverJob points to.
struct CoverArrays {
    Cover cover;
    std::vector<uint32_t> groups;
    std::vector<fw::CoverLine> lines;
    std::vector<uint32_t> class_ends;
};

std::shared_ptr<const CoverArrays> cover_arrays(Cover cover);

/// Most calls that a row of a layout is in, for the bound of its error (host/reference/error.h); 0:
/// as many as key tiles that it sees.
uint32_t most_calls(const Layout& layout);

/// The job of a layout with a cover; valid as long as that.
fw::CoverJob cover_job(const Layout& layout);

}  // namespace tessera::host
