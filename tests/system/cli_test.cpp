// SPDX-License-Identifier: MIT
// The command as a user meets it: what it prints and refuses, and its exit codes.
#include <filesystem>
#include <fstream>
#include <limits>

#include "host/io/safetensors.h"
#include "tests/support/catch.h"
#include "tests/support/compared.h"
#include "tests/support/run_tessera.h"
#include "tests/support/tensor_file.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;
using test::contains;
using test::f32;
using test::Finished;
using test::run_tessera;
using test::Scratch;
using test::write_tensors;
namespace fs = std::filesystem;

namespace {

/// A .npy file of flags, one row.
void write_flags(const std::string& path, const std::vector<uint8_t>& flags) {
    std::string header = "{'descr': '|u1', 'fortran_order': False, 'shape': (1, " +
                         std::to_string(flags.size()) + "), }";
    header.resize(117, ' ');
    header += '\n';
    std::ofstream file(path, std::ios::binary);
    file << std::string("\x93NUMPY\x01\0\x76\0", 10) << header;
    file.write(reinterpret_cast<const char*>(flags.data()),
               static_cast<std::streamsize>(flags.size()));
}

}  // namespace

TEST_CASE("bad command lines: exit code 2, one message with the right words, nothing else") {
    const Scratch files;
    const std::string good = files / "good.safetensors";
    write_tensors(good, {f32("q", {2, 4, 8}), f32("k", {2, 4, 8}), f32("v", {2, 4, 8})});
    write_tensors(files / "noq.safetensors", {f32("k", {2, 4, 8}), f32("v", {2, 4, 8})});
    write_tensors(files / "shapes.safetensors",
                  {f32("q", {2, 4, 8}), f32("k", {2, 4, 9}), f32("v", {2, 4, 9})});
    write_tensors(files / "wide.safetensors",
                  {f32("q", {1, 4, 65}), f32("k", {1, 4, 65}), f32("v", {1, 4, 8})});
    write_tensors(files / "nan.safetensors",
                  {f32("q", {2, 4, 8}), f32("k", {2, 4, 8}), f32("v", {2, 4, 8})},
                  std::numeric_limits<float>::quiet_NaN());
    std::ofstream(files / "junk.safetensors") << "this is no tensor";
    std::ofstream(files / "file") << "x";
    write_tensors(files / "mask.safetensors", {f32("mask", {1, 1})});
    write_flags(files / "row.npy", {1, 1, 0});
    const std::string random = "run --random 1,8,8 ";
    const struct {
        std::string arguments;
        std::vector<std::string> words;
    } kCases[] = {
        {"fly", {"fly"}},
        {"run", {"--input", "--random", "missing"}},
        {"run --input " + good + " --random 1,2,3", {"more than once"}},
        {"run --q a.npy --k b.npy", {"--v", "missing"}},
        {random + "--mask round", {"--mask", "round", "dense, causal, sparse"}},
        {random + "--mask sparse --block 4", {"--mask", "sparse", "without --prefix", "--block"}},
        {random + "--mask sparse --summary 2", {"--mask", "sparse", "--summary"}},
        {random + "--mask sparse --sinks 2", {"--mask", "sparse", "--sinks"}},
        {random + "--mask sparse --documents 0,4 --oracle self",
         {"--oracle", "--mask causal alone"}},
        {random + "--window 0", {"--window", "0", "whole number, 1"}},
        {random + "--window 3000000000", {"--window", "3000000000", "1 to 2147483648"}},
        {random + "--sinks 9", {"--sinks", "9", "1 to 8", "number of keys"}},
        {random + "--prefix 0", {"--prefix", "0", "whole number, 1"}},
        {random + "--prefix 9", {"--prefix", "9", "1 to 8", "number of keys"}},
        {random + "--prefix 3 --mask dense", {"--prefix", "3", "only with --mask causal"}},
        {random + "--prefix 3 --mask sparse", {"--mask", "sparse", "without --prefix"}},
        {random + "--prefix 3 --block 4 --summary 1", {"--summary", "without", "--prefix"}},
        {random + "--prefix 3 --oracle self", {"--oracle", "self", "--mask causal alone"}},
        {random + "--prefix 3 --approximate sample --tiles 1", {"--approximate", "--prefix"}},
        {random + "--block 2147483648 --keys 4", {"--block", "8 queries and 4 keys", "smaller"}},
        {random + "--block 6", {"--block", "6", "a power of two"}},
        {random + "--summary 1", {"--summary", "1", "only with --block"}},
        {random + "--block 4 --summary 5", {"--summary", "5", "1 to --block 4"}},
        {random + "--block 4 --summary 1 --mask dense", {"--summary", "--mask causal"}},
        {random + "--block 4 --summary 1 --window 2", {"--summary", "without --window"}},
        {random + "--documents 1,4", {"--documents", "1 at place 1", "0, then ascending"}},
        {random + "--documents 0,4,4", {"--documents", "4 at place 3", "ascending"}},
        {random + "--documents 0,8", {"--documents", "8 at place 2", "below 8"}},
        {random + "--documents 0,x", {"--documents", "0,x", "whole numbers"}},
        {random + "--documents 0,4 --keys 9", {"--documents", "8 queries and 9 keys"}},
        {random + "--documents 0,4 --sinks 1 --oracle self", {"--oracle", "--mask causal alone"}},
        {random + "--mask sparse --cu-seqlens-q 0,8 --cu-seqlens-k 0",
         {"--cu-seqlens-k", "a list of 1", "2 numbers"}},
        {random + "--tile-mask " + (files / "none.npy"), {"none.npy"}},
        {random + "--tile-mask " + good, {"good.safetensors", "mask", "q, k, v"}},
        {random + "--tile-mask " + (files / "mask.safetensors"), {"F32", "BOOL, U8, I8"}},
        {random + "--tile-mask " + (files / "row.npy"),
         {"--tile-mask", "row.npy", "1 x 3 flags", "[1, 1]", "128"}},
        {"run --random 1,300,8 --stack-heads --tile-mask " + (files / "row.npy"),
         {"--tile-mask", "[3, 3]"}},
        {"run --random 2,128,8 --kv-heads 1 --keys 384 --stack-heads --tile-mask " +
             (files / "row.npy"),
         {"--stack-heads", "given with --tile-mask", "rows of several heads"}},
        {random + "--tile-mask " + (files / "row.npy") + " --window 2",
         {"--tile-mask", "without --window"}},
        {"run --random 2,8,8 --kv-heads 1 --block 4 --summary 1 --stack-heads",
         {"--stack-heads", "--summary", "one query token", "would see the summaries"}},
        {random + "--align middle", {"--align", "middle", "end", "start"}},
        {random + "--schedule best", {"--schedule", "best", "query-resident", "kv-resident"}},
        {random + "--format xml", {"--format", "xml", "table", "json"}},
        {random + "--output-format int8", {"--output-format", "int8", "fp32", "bf16"}},
        {random + "--scale much", {"--scale", "much", "finite number"}},
        {random + "--scale nan", {"--scale", "nan", "finite"}},
        {random + "--scale 1e39", {"--scale", "1e+39", "fp32"}},
        {random + "--seed -1", {"--seed", "-1", "whole number"}},
        {random + "--lse=5", {"--lse: takes no value"}},
        {random + "--timing-only=2", {"--timing-only: takes no value"}},
        {"verify --random 1,8,8 --allow-nonfinite=no", {"--allow-nonfinite: takes no value"}},
        {random + "--seed 1.5", {"--seed", "1.5", "whole number"}},
        {random + "--colour red", {"--colour"}},
        {random + "--device moon", {"moon", "base"}},
        {random + "--memory moon", {"moon", "ideal"}},
        {random + "--num-devices 0", {"--num-devices", "0", "whole number, 1"}},
        {random + "--num-devices 65", {"--num-devices", "65", "1 to 64"}},
        {random + "--num-devices 2 --schedule kv-resident", {"--num-devices", "query-resident"}},
        {random + "--memory ddr4-2400r --set memory.stall.permille=5",
         {"memory.stall.permille", "dram"}},
        {random + "--memory ideal --set memory.timing.nCL=5", {"memory.timing.nCL", "ideal"}},
        {random + "--memory hbm3 --set memory.organisation.channels=3", {"powers of two"}},
        {random + "--set device.MM=4", {"device.MM"}},
        {random + "--set device.M=many", {"device.M", "many"}},
        {random + "--set device.M=100", {"M"}},
        {random + "--set energy.dram_byte_low_pj=500",
         {"energy.dram_byte_low_pj is 500", "at most energy.dram_byte_high_pj, 325"}},
        {random + "--set 'energy.node=7 nm'", {"energy.node is 7 nm", "give energy.NAME_pj too"}},
        {random + "--check --no-check", {"--no-check", "--check"}},
        {random + "--timing-only --check", {"--timing-only", "--check"}},
        {random + "--trace-commands 5", {"--trace-commands", "--out"}},
        {"run --random 1,8", {"--random", "1,8", "HEADS,TOKENS,DIM"}},
        {"run --random 1,8,8,8", {"--random", "1,8,8,8"}},
        {"run --random 1,x,8", {"--random", "1,x,8"}},
        {"run --random 1,0,8", {"tokens", "0"}},
        {"run --random 1,8,65", {"d_k", "65", "base", "64"}},
        {"run --random 1,8,8 --dim-v 65", {"d_v", "65", "base", "64"}},
        {"run --random 3,8,8 --kv-heads 2", {"3", "2", "multiple"}},
        {"run --seed 3 --input " + good, {"--seed", "--random"}},
        {"run --random 1,2000000,64 --timing-only --set memory.size_bytes=1048576",
         {"not enough memory", "1048576"}},
        {"run --random 1,1000000000,64", {"not enough memory", "4294967296"}},
        {"run --random 2000000000,1000000000,64", {"not enough memory", "2000000000"}},
        {"run --random 1,300,64 --set device.profile=blackbox --sentinel columns",
         {"--sentinel is columns", "split", "d_v + 2 = 66", "D = 64"}},
        {"run --random 1,300,64 --set device.profile=blackbox --sentinel-offset 3",
         {"--sentinel-offset is 3", "d_k + 1 = 65", "D = 64"}},
        {random + "--sentinel split", {"--sentinel is split", "profile blackbox"}},
        {random + "--sentinel moon", {"--sentinel is moon", "auto, columns, split, two-call"}},
        {random + "--sentinel-offset 40000", {"--sentinel-offset is 40000", "-32767 to 32767"}},
        {"run --input " + (files / "none.safetensors"), {"none.safetensors"}},
        {"run --input " + (files / "junk.safetensors"), {"junk.safetensors"}},
        {"run --input " + (files / "noq.safetensors"), {"noq.safetensors", "q", "k", "v"}},
        {"run --input " + (files / "shapes.safetensors"), {"[2, 4, 8]", "[2, 4, 9]"}},
        {"run --input " + (files / "wide.safetensors"), {"65", "base", "64"}},
        {"run --input " + (files / "nan.safetensors"),
         {"nan.safetensors", "q", "head 1", "token 3", "dim 7"}},
        {"run --q " + good + " --k " + good + " --v " + good, {"good.safetensors"}},
        {random + "--out " + (files / "file"), {"--out", "file"}},
        {random + "--out " + (files / "file/below"), {"--out", "below"}},
        {random + "--out /proc/none", {"--out", "/proc/none"}},
        {random + "--mask round --out " + (files / "new"), {"round"}},
        {"run --random 1,8,65 --out " + (files / "new"), {"65"}},
    };
    const size_t before = files.entries();
    Compared cases("command lines");
    for (const auto& c : kCases) {
        const Finished f = run_tessera(c.arguments);
        bool good_words = true;
        for (const std::string& word : c.words) good_words = good_words && contains(f.err, word);
        const bool one_line = !f.err.empty() && f.err.find('\n') == f.err.size() - 1;
        cases.holds(f.exit_code == 2 && f.out.empty() && one_line && good_words, [&] {
            return c.arguments + " -> " + std::to_string(f.exit_code) + " " + f.err;
        });
    }
    CHECK(files.entries() == before);
}

TEST_CASE("a device or memory that is a folder or a loop of links: the system's reason") {
    const Scratch folder;
    fs::create_directory(folder / "chip");
    fs::create_symlink("loop", folder / "loop");
    Compared messages("messages");
    for (const std::string option : {"--device", "--memory"}) {
        const auto says = [&](const std::string& name, const std::string& reason) {
            const Finished f = run_tessera("run --random 1,8,8 " + option + " " + name,
                                           "cd " + folder.path() + " && ");
            messages.equal(f.exit_code, 2);
            messages.equal(f.err,
                           "tessera: " + name + ": cannot open for reading: " + reason + "\n");
        };
        says("chip", "Is a directory");
        says("./chip", "Is a directory");
        says("loop", "Too many levels of symbolic links");
        says("./loop", "Too many levels of symbolic links");
    }
}

TEST_CASE("what there is to choose from, and help") {
    Compared texts("texts");
    const auto says = [&](const std::string& arguments, const std::vector<std::string>& words) {
        const Finished f = run_tessera(arguments);
        for (const std::string& word : words)
            texts.holds(f.exit_code == 0 && f.err.empty() && contains(f.out, word),
                        [&] { return arguments + ": " + word; });
    };
    says("devices", {"base", "tiny", "blackbox-128", "hbm2-2000-8ch"});
    says("memories", {"ideal"});
    says("schedules", {"query-resident", "kv-resident"});
    says("--version", {"tessera "});
    says("--help", {"run", "devices", "Examples"});
    says("run --help", {"--input", "--mask", "Examples", "Exit codes"});
}
