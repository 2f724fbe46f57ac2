// SPDX-License-Identifier: MIT
// The report of a service: how long requests waited under each policy.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "host/config/config.h"
#include "host/model/serving.h"
#include "host/report/document.h"

namespace tessera::host {

/// What one policy did with the requests.
struct ServedPolicy {
    std::string name;
    ServeRecord record;
    std::string inexact;  ///< ModelRecord::inexact
};

struct ServingReport {
    std::string model, weights;
    std::string input;  ///< where the requests are from, in words
    std::vector<std::string> command_line;
    ResolvedConfig config;
    std::vector<Request> requests;
    CacheShape cache = CacheShape(0);
    uint32_t texts = 0, chunk = 0;
    uint64_t row_bytes = 0;  ///< of keys and values of a token
    std::vector<ServedPolicy> policies;
    double seconds = 0;  ///< wall clock
    std::vector<std::string> files;
};

/// The value that `share` of them do not exceed, by nearest rank: the ceil(share * n)-th smallest.
/// `values` are not empty.
double percentile(std::vector<double> values, double share);

/// Schema `tessera.serve`; docs/use/report.md.
Document serving_document(const ServingReport& report);

}  // namespace tessera::host
