// SPDX-License-Identifier: MIT
#include "host/sweep/outcome.h"

#include <new>
#include <nlohmann/json.hpp>

#include "host/report/document_json.h"

namespace tessera::host {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::pair<ErrorCode, const char*> kCodes[] = {
    {ErrorCode::kUser, "user"},           {ErrorCode::kMismatch, "mismatch"},
    {ErrorCode::kNotValid, "not_valid"},  {ErrorCode::kDevice, "device"},
    {ErrorCode::kCancelled, "cancelled"}, {ErrorCode::kInternal, "internal"}};

Json error_json(const Error& error) {
    Json json;
    for (const auto& [code, name] : kCodes)
        if (code == error.code()) json["code"] = name;
    json["message"] = error.text();
    json["field"] = error.field();
    json["value"] = error.value();
    json["allowed"] = error.allowed();
    return json;
}

Error error_from(const Json& json) {
    const std::string name = json.at("code");
    ErrorCode code = ErrorCode::kInternal;
    for (const auto& [known, its_name] : kCodes)
        if (name == its_name) code = known;
    return Error(code, json.at("message").get<std::string>(),
                 {json.at("field"), json.at("value"), json.at("allowed")});
}

Outcome failed(ErrorCode code, const std::string& text) { return {{}, Error(code, text)}; }

}  // namespace

const char* state_name(const Outcome& outcome) {
    if (!outcome.error) return "ok";
    return outcome.error->code() == ErrorCode::kUser ? "refused" : "failed";
}

Outcome outcome_of(const std::function<Document()>& work) {
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

Json to_json(const Outcome& outcome) {
    Json json = {{"state", state_name(outcome)}};
    if (outcome.error)
        json["error"] = error_json(*outcome.error);
    else
        json["document"] = to_json(outcome.document);
    return json;
}

Outcome outcome_from(const Json& json) {
    if (json.at("state") == "ok") return {from_json(json.at("document")), {}};
    return {{}, error_from(json.at("error"))};
}

}  // namespace tessera::host
