// SPDX-License-Identifier: MIT
#include "host/sweep/executor.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <stdexcept>

#include "host/processors.h"

namespace tessera::host {
namespace {

struct Running {
    size_t point;
    std::unique_ptr<Worker> worker;
};

Running start(const std::vector<PointWork>& points, size_t point, const ProcessLimits& limits) {
    const auto work = [&points, point, alone = limits.one_processor](const RunHooks&) {
        if (alone) use_processors(1);
        const std::string text = points[point]();
        return Bytes(text.begin(), text.end());
    };
    return {point, std::make_unique<Worker>(work, limits.seconds)};
}

/// Waits for one of them. Each looks at its own time when it is asked to receive.
size_t first_ended(const std::vector<Running>& running) {
    constexpr int kPeriodMilliseconds = 100;
    std::vector<pollfd> files;
    files.reserve(running.size());
    for (const Running& r : running) files.push_back({r.worker->file(), POLLIN, 0});
    while (true) {
        if (::poll(files.data(), files.size(), kPeriodMilliseconds) < 0 && errno != EINTR)
            throw std::runtime_error("poll failed");
        for (size_t i = 0; i < files.size(); ++i)
            if (!running[i].worker->receive({}, ForkedWork::Milliseconds{0})) return i;
    }
}

}  // namespace

void run_in_processes(const std::vector<PointWork>& points, const ProcessLimits& limits,
                      const Ends& ends) {
    std::vector<Running> running;
    for (size_t next = 0; next < points.size() || !running.empty();) {
        if (next < points.size() && running.size() < std::max<size_t>(limits.at_once, 1)) {
            const size_t point = next++;
            try {
                running.push_back(start(points, point, limits));
            } catch (const Error& error) {  // the system gives no process
                ends(point, {{}, error});
            }
            continue;
        }
        const size_t ended = first_ended(running);
        const Running done = std::move(running[ended]);
        running.erase(running.begin() + static_cast<ptrdiff_t>(ended));
        ends(done.point, outcome_of([&done] {
                 const Bytes text = done.worker->finish();
                 return std::string(text.begin(), text.end());
             }));
    }
}

}  // namespace tessera::host
