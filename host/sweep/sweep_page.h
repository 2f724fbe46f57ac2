// SPDX-License-Identifier: MIT
// What report.html needs of a sweep's folder (docs/use/sweeps.md).
#pragma once
#include <string>

namespace tessera::host {

/// Has the folder the results of a sweep?
bool is_swept(const std::string& folder);

/// sweep.json of the folder with a member `rows`: name, state and fields of each point of
/// points.jsonl, and those of its figures that count or that the page shows, by the last part of
/// their path. UserError.
std::string swept_json(const std::string& folder);

}  // namespace tessera::host
