// SPDX-License-Identifier: MIT
// A condition between fields, which every point of a grid has to hold:
//
//   workload.mask.window <= workload.random.tokens / 2 or machine.device == 'tiny'
//
//   condition  = comparison { "or" comparison }
//   comparison = sum ( "==" | "!=" | "<" | "<=" | ">" | ">=" ) sum
//   sum        = product { ( "+" | "-" ) product }
//   product    = value { ( "*" | "/" | "%" ) value }
//   value      = number | 'text' | true | false | null | field | "(" sum ")"
//
// Numbers are double precision; x % y has the sign of x. A comparison behind one that holds is not
// looked at, so "x == 0 or y % x == 0" is safe.
#pragma once
#include <memory>
#include <string>

#include "include/tessera/experiment.h"

namespace tessera::host {

class Condition {
  public:
    /// UserError names `where`, the condition and what is wrong with it.
    Condition(std::string where, std::string text);

    /// UserError if it cannot be told: a text is compared by size, or a number divided by zero.
    bool holds(const Experiment& experiment) const;

    struct Node;

  private:
    std::string where_, text_;
    std::shared_ptr<const Node> root_;
};

}  // namespace tessera::host
