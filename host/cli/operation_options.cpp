// SPDX-License-Identifier: MIT
#include "host/cli/operation_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "host/cli/option_checks.h"
#include "host/cli/option_values.h"
#include "host/error.h"
#include "host/experiment/limits.h"
#include "host/problem/inputs.h"

namespace tessera::host {
namespace {

constexpr const char* kGemmExamples = R"(Examples:
  tessera gemm --random 512,512,1024
      C = A B, C of 512 x 512, inner dimension 1,024, checked against double precision
  tessera gemm --a a.npy --b b.npy --output-format bf16 --out result
      matrices of your own; result/ gets report.json and out.safetensors with c
  tessera gemm --random 4096,4096,4096 --memory ddr4-3200 --timing-only --format json
The device multiplies A by the identity, and the result by B: at most half of its multiply-adds do
useful work. See docs/use/schedules.md, section 6.
Exit codes: 0 good, 1 the check failed, 2 user error, 3 result not exact, 4 device error)";

constexpr const char* kLinearExamples = R"(Examples:
  tessera linear --device blackbox-64 --random 1,65536,64
      causal linear attention of 65,536 tokens, checked against double precision
  tessera linear --device blackbox-64 --input x.safetensors --mask dense --out result
      tensors q, k, v of your own; result/ gets report.json and out.safetensors with o
Weights are phi(q) phi(k), phi(x) = elu(x) + 1. The host computes the features and divides by the
denominators; the report counts both. Values take d_v + 1 columns of the device's D. See
docs/use/schedules.md, section 6.
Exit codes: 0 good, 1 the check failed, 2 user error, 3 result not exact, 4 device error)";

/// "m,n,k" of --random.
void set_shape(const std::string& text, Experiment::Random& random) {
    const std::string range = fmt::format(
        "three whole numbers M,N,K, each 1 to {}: rows and columns of C, and the inner dimension",
        kMaxLength);
    const char* allowed = range.c_str();
    const std::vector<uint32_t> shape = number_list("--random", text, allowed);
    if (shape.size() != 3) throw bad_value("command line", "--random", printable(text), allowed);
    for (const uint32_t length : shape) random_dimension("a length", length);
    random.rows = shape[0];
    random.columns = shape[1];
    random.inner = shape[2];
}

void add_form_options(CLI::App& gemm, Experiment::Workload& workload) {
    add_choice<tessera::GemmForm>(
        gemm, "--form", workload.form,
        "what is queries: rows of A (default), columns of B, with scores columns of B in the score "
        "stage, or auto, the fastest of these by prediction that --precision allows")
        ->group("Problem");
    add_choice<Precision>(
        gemm, "--precision", workload.precision,
        "exact (default), or rounded: sums over a block of the inner dimension may "
        "be rounded to bf16, as form scores does")
        ->group("Problem");
    const auto add_block = [&](const char* name, uint64_t& columns, const char* help) {
        gemm.add_option(name, columns, help)
            ->check(whole_number())
            ->type_name("N")
            ->group("Problem");
    };
    add_block("--inner-block", workload.inner_block,
              "terms that a call adds up (default: as many as the device takes)");
    add_block("--column-block", workload.column_block,
              "columns of C, or of its transpose, that a call takes (default: likewise)");
}

}  // namespace

void add_gemm_options(CLI::App& gemm, Experiment::Workload& workload) {
    const char* group = "Input (one of --a --b, --random)";
    gemm.footer(kGemmExamples);
    const auto add_file = [&](const char* name, std::string& file, const char* help) {
        const auto set = [&file, &workload](const std::string& text) {
            file = text;
            workload.source = Source::kArrays;
        };
        gemm.add_option_function<std::string>(name, set, help)
            ->check(not_empty())
            ->type_name("FILE")
            ->group(group);
    };
    add_file("--a", workload.arrays.a, ".npy file of A, [rows, inner]");
    add_file("--b", workload.arrays.b, ".npy file of B, [inner, columns]");
    const auto set = [&workload](const std::string& text) { set_shape(text, workload.random); };
    auto* random = gemm.add_option_function<std::string>(
                           "--random", set,
                           "matrices with standard normal numbers: rows and columns of C, "
                           "and the inner dimension")
                       ->check(not_empty())
                       ->type_name("M,N,K")
                       ->group(group);
    gemm.add_option("--seed", workload.random.seed, "seed of the random matrices (default 1)")
        ->check(whole_number())
        ->type_name("N")
        ->needs(random)
        ->group(group);
    add_choice<OutputFormat>(
        gemm, "--output-format", workload.output_format,
        "type of the elements that the device writes: fp32 or bf16 (default fp32)")
        ->group("Problem");
    add_form_options(gemm, workload);
}

void add_linear_options(CLI::App& linear, Experiment::Mask& mask) {
    linear.footer(kLinearExamples);
    const auto set = [&mask](const std::string& text) {
        mask.kind = choose<MaskKind>("--mask", text,
                                     {{"causal", MaskKind::kCausal}, {"dense", MaskKind::kDense}});
    };
    linear
        .add_option_function<std::string>("--mask", set, "kind of mask: causal (default) or dense")
        ->type_name("NAME")
        ->group("Problem");
}

}  // namespace tessera::host
