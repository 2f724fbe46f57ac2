// SPDX-License-Identifier: MIT
// The names of an experiment's choices, as its JSON and the command line have them.
#pragma once
#include <string>
#include <type_traits>

#include "include/tessera/experiment.h"

namespace tessera::host {

/// A value of an enumeration, and what it is called.
template <typename Choice>
struct Named {
    const char* name;
    Choice value;
};

inline constexpr Named<OperationKind> kOperationNames[] = {{"attention", OperationKind::kAttention},
                                                           {"gemm", OperationKind::kGemm},
                                                           {"linear", OperationKind::kLinear}};
inline constexpr Named<Implementation> kImplementationNames[] = {{"model", Implementation::kModel},
                                                                 {"rtl", Implementation::kRtl}};
inline constexpr Named<tessera::Engine> kEngineNames[] = {{"auto", tessera::Engine::kAuto},
                                                          {"systemc", tessera::Engine::kSystemC},
                                                          {"fast", tessera::Engine::kFast}};
inline constexpr Named<Source> kSourceNames[] = {{"random", Source::kRandom},
                                                 {"file", Source::kFile},
                                                 {"arrays", Source::kArrays},
                                                 {"memory", Source::kMemory}};
inline constexpr Named<HeadOrder> kHeadOrderNames[] = {{"heads_first", HeadOrder::kHeadsFirst},
                                                       {"tokens_first", HeadOrder::kTokensFirst}};
inline constexpr Named<MaskKind> kMaskKindNames[] = {
    {"dense", MaskKind::kDense}, {"causal", MaskKind::kCausal}, {"sparse", MaskKind::kSparse}};
inline constexpr Named<Align> kAlignNames[] = {{"end", Align::kEnd}, {"start", Align::kStart}};
inline constexpr Named<Padding> kPaddingNames[] = {{"right", Padding::kRight},
                                                   {"left", Padding::kLeft}};
inline constexpr Named<OutputFormat> kOutputFormatNames[] = {{"fp32", OutputFormat::kFp32},
                                                             {"bf16", OutputFormat::kBf16}};
inline constexpr Named<tessera::GemmForm> kGemmFormNames[] = {
    {"rows", tessera::GemmForm::kRows},
    {"columns", tessera::GemmForm::kColumns},
    {"scores", tessera::GemmForm::kScores},
    {"auto", tessera::GemmForm::kAuto}};
inline constexpr Named<Precision> kPrecisionNames[] = {{"exact", Precision::kExact},
                                                       {"rounded", Precision::kRounded}};
inline constexpr Named<Oracle> kOracleNames[] = {
    {"query-key", Oracle::kQueryKey}, {"self", Oracle::kSelf}, {"causal", Oracle::kCausal}};
inline constexpr Named<Minimise> kMinimiseNames[] = {
    {"cycles", Minimise::kCycles}, {"calls", Minimise::kCalls}, {"bytes", Minimise::kBytes}};
inline constexpr Named<Sentinel> kSentinelNames[] = {{"auto", Sentinel::kAuto},
                                                     {"columns", Sentinel::kColumns},
                                                     {"split", Sentinel::kSplit},
                                                     {"two-call", Sentinel::kTwoCall}};

/// All names of an enumeration, in the order in which messages list them.
constexpr const auto& names_of(OperationKind) { return kOperationNames; }
constexpr const auto& names_of(Implementation) { return kImplementationNames; }
constexpr const auto& names_of(tessera::Engine) { return kEngineNames; }
constexpr const auto& names_of(Source) { return kSourceNames; }
constexpr const auto& names_of(HeadOrder) { return kHeadOrderNames; }
constexpr const auto& names_of(MaskKind) { return kMaskKindNames; }
constexpr const auto& names_of(Align) { return kAlignNames; }
constexpr const auto& names_of(Padding) { return kPaddingNames; }
constexpr const auto& names_of(OutputFormat) { return kOutputFormatNames; }
constexpr const auto& names_of(tessera::GemmForm) { return kGemmFormNames; }
constexpr const auto& names_of(Precision) { return kPrecisionNames; }
constexpr const auto& names_of(Oracle) { return kOracleNames; }
constexpr const auto& names_of(Minimise) { return kMinimiseNames; }
constexpr const auto& names_of(Sentinel) { return kSentinelNames; }

template <typename Choice>
const char* name_of(Choice choice) {
    for (const auto& [name, value] : names_of(Choice()))
        if (value == choice) return name;
    return "";
}

/// Sets `choice` to what is called `name`; false if nothing is.
template <typename Choice>
bool choice_of(const std::string& name, Choice& choice) {
    for (const auto& [known, value] : names_of(Choice()))
        if (known == name) {
            choice = value;
            return true;
        }
    return false;
}

/// "dense, causal, sparse".
template <typename Choice>
std::string all_names() {
    std::string all;
    for (const auto& [name, value] : names_of(Choice()))
        all += (all.empty() ? "" : ", ") + std::string(name);
    return all;
}

}  // namespace tessera::host
