// SPDX-License-Identifier: MIT
// What a run tells its hooks.
#pragma once
#include <atomic>
#include <mutex>
#include <string>
#include <utility>

#include "include/tessera/error.h"
#include "include/tessera/run_hooks.h"

namespace tessera::host {

class RunProgress {
  public:
    explicit RunProgress(RunHooks hooks) : hooks_(std::move(hooks)) {}

    /// A phase begins: "simulating". Error kCancelled if the hooks have ended the run.
    void phase(const std::string& name) {
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            phase_ = name;
        }
        share(0);
        if (cancelled_) throw Error(ErrorCode::kCancelled, "the run was cancelled");
    }
    /// So much of it is done, 0 to 1; from any thread. The next phase obeys what the hooks say.
    void share(double done) {
        if (!hooks_.progress) return;
        const std::lock_guard<std::mutex> lock(mutex_);
        if (!hooks_.progress(phase_, done)) cancelled_ = true;
    }
    void note(const std::string& text) const {
        if (hooks_.note) hooks_.note(text);
    }
    void decision(const std::string& text) const {
        if (hooks_.decision) hooks_.decision(text);
    }

  private:
    const RunHooks hooks_;
    std::mutex mutex_;
    std::string phase_;
    std::atomic<bool> cancelled_ = false;
};

}  // namespace tessera::host
