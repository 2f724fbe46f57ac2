// SPDX-License-Identifier: MIT
// The report of a kernel: a job of the device that is no attention of softmax weights, such as a
// product of matrices. Shorter than that of `tessera run`, with figures of the same names where
// they mean the same.
#pragma once
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "host/config/config.h"
#include "host/platform/platform.h"
#include "host/reference/product.h"
#include "host/report/exactness.h"
#include "host/report/figures.h"
#include "host/workload/device_memory.h"

namespace tessera::host {

/// What a kernel takes, by formula.
struct KernelWork {
    uint64_t calls = 0;
    std::string calls_formula;
    double macs = 0;  ///< useful multiply-adds
    std::string macs_formula;
    uint64_t compulsory_bytes = 0;
    std::string compulsory_formula;
};

struct KernelRecord {
    std::string name;   ///< of the command: "gemm"
    std::string title;  ///< "product of 4 x 5 by 5 x 6"
    std::string input;  ///< file or generator
    std::string input_dtypes;
    std::vector<std::string> command_line;
    nlohmann::ordered_json problem;  ///< shapes and options
    ResolvedConfig config;
    std::vector<Region> regions;
    KernelWork work;
    RunOutcome outcome;
    std::vector<Figure> more;  ///< figures of this kernel alone
    Exactness exactness;
    std::optional<ElementErrors> error;
    std::string bound;                                 ///< of an element, in words
    std::string not_checked;                           ///< why there is no `error`
    double simulation_seconds = 0, check_seconds = 0;  ///< wall clock
    std::vector<std::string> files;                    ///< written beside the report
    std::string note;                                  ///< what the figures mean; may be empty
};

/// Calls, cycles, utilisation and bytes, then what the kernel has of its own.
std::vector<Figure> kernel_figures(const KernelRecord& record);

/// Schema `tessera.NAME`; docs/use/report.md.
nlohmann::ordered_json kernel_json(const KernelRecord& record);

/// The same as a table that a person reads.
std::string kernel_table(const KernelRecord& record);

}  // namespace tessera::host
