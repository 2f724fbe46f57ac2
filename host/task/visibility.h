// SPDX-License-Identifier: MIT
// Which keys a query sees under the mask of an experiment: what closed forms of accuracy count.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "host/problem/problem.h"
#include "host/problem/visible_keys.h"
#include "include/tessera/experiment.h"

namespace tessera::host {

class Visibility {
  public:
    /// Of so many queries, the last ones, and keys. UserError if the mask does not fit them.
    Visibility(const Experiment& experiment, uint64_t queries, uint64_t keys);

    /// The query that the following questions are about.
    void look_from(uint64_t query);
    bool sees(uint64_t key) const;

  private:
    std::unique_ptr<const Problem> problem_;
    std::optional<VisibleKeys> visible_;
    std::vector<KeyRange> ranges_;
};

}  // namespace tessera::host
