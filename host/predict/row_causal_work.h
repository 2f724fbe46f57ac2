// SPDX-License-Identifier: MIT
// What a problem costs an oracle that is always causal, by N and M alone.
#pragma once
#include <cstdint>
#include <string>

#include "host/predict/formulas.h"
#include "host/problem/problem.h"

namespace tessera::host {

/// As work_formula() and calls_formula_text(), for a row-causal problem.
WorkFormula row_causal_work(const Problem& problem, uint32_t m);
std::string row_causal_formula_text(const Problem& problem);

}  // namespace tessera::host
