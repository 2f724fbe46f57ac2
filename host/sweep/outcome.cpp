// SPDX-License-Identifier: MIT
#include "host/sweep/outcome.h"

#include <new>

namespace tessera::host {
namespace {

Outcome failed(ErrorCode code, const std::string& text) { return {{}, Error(code, text)}; }

}  // namespace

const char* state_name(const Error& error) {
    return error.code() == ErrorCode::kUser ? "refused" : "failed";
}

Outcome outcome_of(const std::function<std::string()>& work) {
    try {
        return {work(), {}};
    } catch (const Error& error) {
        return {{}, error};
    } catch (const std::bad_alloc&) {
        return failed(ErrorCode::kUser, "out of host memory");
    } catch (const std::exception& error) {
        return failed(ErrorCode::kInternal, error.what());
    }
}

}  // namespace tessera::host
