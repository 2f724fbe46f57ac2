// SPDX-License-Identifier: MIT
#include "host/sweep/sweep.h"

#include <utility>

namespace tessera::host {

std::vector<Outcome> sweep(const std::vector<SweepPoint>& points, const Executor& executor,
                           SweepStore* store, const std::function<void(size_t ended)>& progress) {
    std::vector<Outcome> outcomes(points.size());
    std::vector<SweepPoint> missing;
    std::vector<size_t> index;  // of a missing point among all
    for (size_t i = 0; i < points.size(); ++i) {
        const Outcome* stored = store == nullptr ? nullptr : store->find(points[i].name);
        if (stored != nullptr) {
            outcomes[i] = *stored;
        } else {
            missing.push_back(points[i]);
            index.push_back(i);
        }
    }
    size_t ended = points.size() - missing.size();
    executor(missing, [&](size_t i, Outcome outcome) {
        if (store != nullptr) store->add(missing[i].name, outcome);
        outcomes[index[i]] = std::move(outcome);
        if (progress) progress(++ended);
    });
    return outcomes;
}

}  // namespace tessera::host
