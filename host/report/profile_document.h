// SPDX-License-Identifier: MIT
// The report of a profile: what each layer of a decoder would cost, its roofline, and whether
// weights and caches fit the memory.
#pragma once
#include <string>
#include <vector>

#include "host/config/config.h"
#include "host/model/profile.h"
#include "host/report/document.h"

namespace tessera::host {

/// Of a prompt of so many tokens, and of the token behind it.
struct TokensProfile {
    uint64_t tokens = 0;
    std::vector<PhaseProfile> phases;
    uint64_t resident_bytes = 0;  ///< Profiler::resident_bytes()
};

struct ProfileReport {
    DecoderShape shape;
    std::string model;  ///< its family
    std::vector<std::string> command_line;
    ResolvedConfig config;
    Precision precision = Precision::kExact;
    uint32_t chunk = 0;         ///< rows of a prompt at once; 0: all
    uint64_t weight_bytes = 0;  ///< Profiler::weight_bytes()
    std::vector<TokensProfile> profiles;
    double seconds = 0;  ///< wall clock
    std::vector<std::string> files;
};

/// The least that something takes: cycles that each part of the machine needs for it at its peak.
struct Roofline {
    double compute = 0;    ///< multiply-adds / peak
    double memory = 0;     ///< bytes / most bytes a cycle
    double processor = 0;  ///< elementwise work
    double bound() const;
    const char* bound_by() const;  ///< "compute", "memory" or "processor"
};
Roofline roofline_of(const LayerProfile& cost, const ResolvedConfig& config);
/// Bytes that the memory port moves in a cycle at its best: a beat, or a DRAM's peak if that is
/// less.
double most_bytes_per_cycle(const ResolvedConfig& config);

/// Schema `tessera.profile`; docs/use/report.md.
Document profile_document(const ProfileReport& report);

}  // namespace tessera::host
