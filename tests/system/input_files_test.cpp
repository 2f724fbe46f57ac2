// SPDX-License-Identifier: MIT
// Files as people have them: tensors by other names, heads and tokens in the other order, shards,
// 8-bit floats, and files that hold something else.
#include <cstring>
#include <fstream>
#include <functional>

#include "host/io/safetensors.h"
#include "tests/support/bf16_numbers.h"
#include "tests/support/report.h"
#include "tests/support/tensor_file.h"

using namespace tessera;
using namespace tessera::host;
using test::Compared;
using test::contains;
using test::expect_refusal;
using test::f32;
using test::Finished;
using test::report_of;
using test::run_tessera;
using test::Scratch;

namespace {

/// Numbers of q, k and v by what they are, whatever the order in memory: [batch, heads, tokens].
struct Sizes {
    uint64_t batch, heads, tokens, dim;
    size_t rank;  ///< 2: one head; 3: one sequence
};

float number(char tensor, uint64_t sequence, uint64_t head, uint64_t token, uint64_t column) {
    const uint64_t n = (((sequence * 31 + head) * 37 + token) * 41 + column) * 43 +
                       static_cast<uint64_t>(tensor) * 47;
    return static_cast<float>(static_cast<int>(n * 2654435761u % 4093) - 2046) / 1024.0f;
}

std::vector<uint64_t> shape_of(const Sizes& s, bool tokens_first) {
    if (s.rank == 2) return {s.tokens, s.dim};
    const uint64_t first = tokens_first ? s.tokens : s.heads;
    const uint64_t second = tokens_first ? s.heads : s.tokens;
    if (s.rank == 3) return {first, second, s.dim};
    return {s.batch, first, second, s.dim};
}

/// Where an element of [batch, heads, tokens, dim] is in a tensor of the other order.
uint64_t place(const Sizes& s, bool tokens_first, uint64_t b, uint64_t h, uint64_t t, uint64_t d) {
    if (tokens_first) return ((b * s.tokens + t) * s.heads + h) * s.dim + d;
    return ((b * s.heads + h) * s.tokens + t) * s.dim + d;
}

void for_each_element(
    const Sizes& s,
    const std::function<void(uint64_t b, uint64_t h, uint64_t t, uint64_t d)>& body) {
    for (uint64_t b = 0; b < s.batch; ++b)
        for (uint64_t h = 0; h < s.heads; ++h)
            for (uint64_t t = 0; t < s.tokens; ++t)
                for (uint64_t d = 0; d < s.dim; ++d) body(b, h, t, d);
}

/// q, k and v of these sizes in the given order.
void write_inputs(const std::string& path, const std::vector<Sizes>& sizes, bool tokens_first,
                  const std::vector<const char*>& names = {"q", "k", "v"}) {
    std::vector<TensorSpec> specs;
    for (size_t i = 0; i < 3; ++i) specs.push_back(f32(names[i], shape_of(sizes[i], tokens_first)));
    SafetensorsWriter writer(path, specs, {});
    for (size_t i = 0; i < 3; ++i) {
        const Sizes& s = sizes[i];
        std::vector<float> values(s.batch * s.heads * s.tokens * s.dim);
        for_each_element(s, [&](uint64_t b, uint64_t h, uint64_t t, uint64_t d) {
            values[place(s, tokens_first, b, h, t, d)] = number("qkv"[i], b, h, t, d);
        });
        writer.write(names[i], 0, values.data(), values.size());
    }
    writer.commit();
}

std::vector<float> floats_of(const std::string& path, const char* tensor,
                             std::vector<uint64_t>* shape = nullptr) {
    const SafetensorsFile file(path);
    const TensorView& view = file.tensor(tensor);
    std::vector<float> values(view.elements);
    view.to_float(0, values.size(), values.data());
    if (shape != nullptr) *shape = view.shape;
    return values;
}

/// The bits of all elements of a tensor of a file.
std::string bits_of(const std::string& path, const char* tensor) {
    const std::vector<float> values = floats_of(path, tensor);
    return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float)};
}

void write_text(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
}

}  // namespace

TEST_CASE("either layout gives the same numbers, in the layout of q") {
    const struct {
        std::vector<Sizes> sizes;  ///< of q, k, v
        std::string arguments;
    } kJobs[] = {
        {{{2, 3, 40, 16, 4}, {2, 3, 40, 16, 4}, {2, 3, 40, 8, 4}},
         "run --device tiny --mask causal --lse"},
        {{{2, 4, 21, 16, 4}, {2, 2, 35, 16, 4}, {2, 2, 35, 16, 4}},
         "run --device tiny --stack-heads --output-format bf16 --lse --no-check"},
        {{{3, 2, 19, 12, 4}, {3, 2, 30, 12, 4}, {3, 2, 30, 16, 4}},
         "run --device tiny --query-lengths 19,3,1 --key-lengths 1,30,7 --lse"},
        {{{1, 3, 1100, 16, 3}, {1, 1, 50, 16, 3}, {1, 1, 50, 16, 3}},
         "run --device tiny --lse --num-devices 2"},
        {{{1, 1, 33, 16, 2}, {1, 1, 33, 16, 2}, {1, 1, 33, 16, 2}}, "run --device tiny --lse"},
        {{{2, 4, 30, 12, 4}, {2, 2, 30, 12, 4}, {2, 2, 30, 10, 4}}, "linear --device tiny"},
        {{{1, 2, 30, 12, 3}, {1, 2, 44, 12, 3}, {1, 2, 44, 10, 3}},
         "linear --device tiny --mask dense"},
    };
    Compared elements("elements of o and lse");
    for (const auto& job : kJobs) {
        const Scratch folder;
        for (const bool tokens_first : {false, true}) {
            const std::string name = folder / (tokens_first ? "bthd" : "bhtd");
            write_inputs(name + ".safetensors", job.sizes, tokens_first);
            const Finished f =
                run_tessera(job.arguments + " --input " + name + ".safetensors --layout " +
                            (tokens_first ? "bthd" : "bhtd") + " --out " + name);
            INFO(job.arguments << ": " << f.err << f.out);
            REQUIRE(f.exit_code == 0);
            CHECK(f.err.empty());
        }
        const bool lse = contains(job.arguments, "--lse");
        for (const char* tensor : {"o", "lse"}) {
            if (std::string(tensor) == "lse" && !lse) continue;
            Sizes s = job.sizes[0];
            s.dim = std::string(tensor) == "o" ? job.sizes[2].dim : 1;
            std::vector<uint64_t> shape;
            const auto one = floats_of(folder / "bhtd/out.safetensors", tensor);
            const auto other = floats_of(folder / "bthd/out.safetensors", tensor, &shape);
            std::vector<uint64_t> expected = shape_of(s, true);
            if (std::string(tensor) == "lse") expected.pop_back();
            elements.equal(shape, expected);
            REQUIRE(one.size() == s.batch * s.heads * s.tokens * s.dim);
            REQUIRE(other.size() == one.size());
            for_each_element(s, [&](uint64_t b, uint64_t h, uint64_t t, uint64_t d) {
                elements.equal(std::memcmp(&other[place(s, true, b, h, t, d)],
                                           &one[place(s, false, b, h, t, d)], sizeof(float)),
                               0, [&] { return job.arguments + std::to_string(b * 1000 + t); });
            });
        }
    }
}

TEST_CASE("a shape whose heads outnumber its tokens is read aloud, once") {
    const Scratch folder;
    const std::string input = folder / "x.safetensors";
    write_inputs(input, {{1, 100, 4, 8, 3}, {1, 100, 4, 8, 3}, {1, 100, 4, 8, 3}}, false);
    const std::string note = "tessera: note: " + input +
                             ": tensor q has shape [100, 4, 8] and is read as 100 heads, 4 tokens; "
                             "--layout bthd reads 4 heads, 100 tokens, and --layout bhtd says that "
                             "it is right so\n";
    Compared notes("notes");
    for (const std::string command : {"run", "compare", "linear"}) {
        const std::string arguments = command + " --device tiny --input " + input;
        notes.equal(run_tessera(arguments).err, note, [&] { return command; });
        notes.equal(run_tessera(arguments + " --layout bthd").err, "", [&] { return command; });
        notes.equal(run_tessera(arguments + " --layout bhtd").err, "", [&] { return command; });
    }
    const auto json = report_of("run --device tiny --layout bthd --input " + input);
    notes.equal(json["problem"]["query_heads"], 4);
    notes.equal(json["problem"]["query_tokens"], 100);
    write_inputs(input, {{1, 4, 9, 8, 3}, {1, 4, 3, 8, 3}, {1, 4, 3, 8, 3}}, false);
    notes.holds(contains(run_tessera("run --device tiny --input " + input).err,
                         "tensor k has shape [4, 3, 8] and is read as 4 heads, 3 tokens"),
                [] { return "of k"; });
    write_inputs(input, {{1, 4, 1, 8, 3}, {1, 4, 1, 8, 3}, {1, 4, 1, 8, 3}}, false);
    notes.holds(contains(run_tessera("run --device tiny --input " + input).err,
                         "is read as 4 heads, 1 token; --layout bthd reads 1 head, 4 tokens, and"),
                [] { return "one token"; });
    // A decoding step: its one query could not be one head of several that the keys would have.
    write_inputs(input, {{1, 8, 1, 8, 3}, {1, 8, 3, 8, 3}, {1, 8, 3, 8, 3}}, false);
    notes.equal(run_tessera("run --device tiny --input " + input).err, "");
}

TEST_CASE("tensors by other names are the same tensors") {
    const Scratch folder;
    const std::vector<Sizes> sizes(3, {1, 2, 40, 8, 3});
    write_inputs(folder / "q.safetensors", sizes, false);
    write_inputs(folder / "n.safetensors", sizes, false, {"query", "layer.0/key", "v"});
    Compared files("outputs");
    for (const std::string command : {"run --device tiny", "linear --device tiny"}) {
        const std::string usual = command + " --input " + (folder / "q.safetensors");
        const std::string named = command + " --input " + (folder / "n.safetensors");
        const Finished a = run_tessera(usual + " --out " + (folder / "a"));
        const Finished b =
            run_tessera(named + " --tensors k=layer.0/key,q=query --out " + (folder / "b"));
        INFO(a.err << b.err);
        REQUIRE(a.exit_code == 0);
        REQUIRE(b.exit_code == 0);
        files.equal(bits_of(folder / "b/out.safetensors", "o") ==
                        bits_of(folder / "a/out.safetensors", "o"),
                    true, [&] { return command; });
        files.equal(run_tessera(named).err,
                    "tessera: " + (folder / "n.safetensors") +
                        ": tensor q is missing; the file has query, layer.0/key, v; --tensors "
                        "q=NAME says which it is\n");
    }
    const std::string compare = "compare --device tiny --format csv --input ";
    files.equal(
        run_tessera(compare + (folder / "n.safetensors") + " --tensors k=layer.0/key,q=query").out,
        run_tessera(compare + (folder / "q.safetensors")).out);
    Compared messages("messages");
    const std::string run =
        "run --device tiny --input " + (folder / "n.safetensors") + " --tensors ";
    for (const char* names :
         {"o=query", "q", "q=", "=query", "q=query,q=query", "q=query,,k=v", "qq=query", "query"})
        expect_refusal(messages, run + names,
                       "--tensors is " + std::string(names) +
                           "; allowed: q=NAME, k=NAME and v=NAME, each at most once");
    expect_refusal(messages, run + "q=query,k=keys", "tensor keys is missing; the file has query");
    expect_refusal(messages, run + "q=query", "tensor k is missing");
    expect_refusal(messages, "run --random 1,8,8 --tensors q=query", "--tensors requires --input");
    expect_refusal(messages, "run --q a.npy --k a.npy --v a.npy --tensors q=x", "--input");
    expect_refusal(messages, "run --random 1,8,8 --layout bthd", "--layout");
    expect_refusal(messages, run + "q=query,k=layer.0/key --layout tbhd",
                   "--layout is tbhd; allowed: bhtd, bthd");
}

TEST_CASE("an index of shards runs as the one file does, and is not overwritten") {
    const Scratch folder;
    const std::vector<Sizes> sizes(3, {1, 2, 40, 8, 3});
    write_inputs(folder / "whole.safetensors", sizes, false);
    write_inputs(folder / "out.safetensors", sizes, false);
    const std::string index = folder / "x.safetensors.index.json";
    write_text(index, R"({"weight_map":{"q":"out.safetensors","k":"whole.safetensors",)"
                      R"("v":"whole.safetensors"}})");
    const std::string run = "run --device tiny --input ";
    Compared facts("facts");
    const Finished one =
        run_tessera(run + (folder / "whole.safetensors") + " --out " + (folder / "a"));
    const Finished shards = run_tessera(run + index + " --out " + (folder / "b"));
    facts.equal(one.exit_code, 0, [&] { return one.err; });
    facts.equal(shards.exit_code, 0, [&] { return shards.err; });
    facts.holds(
        bits_of(folder / "a/out.safetensors", "o") == bits_of(folder / "b/out.safetensors", "o"),
        [] { return "o"; });
    const std::string before = test::read_text(folder / "out.safetensors");
    expect_refusal(facts, run + index + " --out " + folder.path(),
                   "out.safetensors; allowed: a file that is not an input");
    facts.holds(test::read_text(folder / "out.safetensors") == before, [] { return "shard"; });
}

TEST_CASE("8-bit floats run like the same numbers in bf16") {
    const Scratch folder;
    auto random = test::test_random();
    Compared files("outputs");
    for (const Dtype dtype : {Dtype::kF8E4M3, Dtype::kF8E5M2}) {
        const std::vector<uint64_t> shape = {2, 40, 16};
        const auto write = [&](const char* name, Dtype as, const auto& values) {
            SafetensorsWriter writer(folder / name,
                                     {{"q", as, shape}, {"k", as, shape}, {"v", as, shape}}, {});
            for (const char* tensor : {"q", "k", "v"})
                writer.write(tensor, 0, values.data(), values.size());
            writer.commit();
        };
        std::vector<uint8_t> codes(2 * 40 * 16);
        for (uint8_t& code : codes)  // magnitudes to about 1, subnormals among them, either sign
            code = static_cast<uint8_t>(random() % 0x3c | (random() % 2) << 7);
        write("eight.safetensors", dtype, codes);
        const SafetensorsFile eight(folder / "eight.safetensors");
        std::vector<uint16_t> half(codes.size());
        eight.tensor("q").to_bf16(0, half.size(), half.data());
        write("half.safetensors", Dtype::kBf16, half);
        for (const char* name : {"eight", "half"}) {
            const std::string path = folder / name;
            const Finished f =
                run_tessera("run --device tiny --input " + path + ".safetensors --out " + path);
            INFO(f.err << f.out);
            REQUIRE(f.exit_code == 0);
        }
        files.holds(bits_of(folder / "eight/out.safetensors", "o") ==
                        bits_of(folder / "half/out.safetensors", "o"),
                    [&] { return dtype_name(dtype); });
        codes[5] = 0x7f;
        write("nan.safetensors", dtype, codes);
        expect_refusal(files, "run --device tiny --input " + (folder / "nan.safetensors"),
                       "holds 1 NaN, 0 Inf and 0 values too large for bf16; the first is nan at "
                       "head 0, token 0, dim 5");
    }
}

TEST_CASE("every option that reads tensors says what else a file is") {
    const Scratch folder;
    const std::string good = folder / "good.npy";
    std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (4, 4), }";
    header.resize(117, ' ');
    write_text(good,
               std::string("\x93NUMPY\x01\0\x76\0", 10) + header + "\n" + std::string(64, '\0'));
    const std::pair<const char*, std::string> kFiles[] = {
        {"is a GGUF model", "GGUF\3"},
        {"is a zip archive", "PK\3\4"},
        {"is a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n"},
        {"is an HDF5 file", "\x89HDF\r\n\x1a\n"},
        {"is an ONNX model", "\x08\x07\x12\x07pytorch"},
        {"is a pickle of Python", "\x80\x04\x95\x1a"},
        {"is empty", ""},
    };
    Compared messages("messages");
    for (const auto& [what, content] : kFiles) {
        const std::string file = folder / "file", npy = folder / "file.npy";
        write_text(file, content);
        write_text(npy, content);
        for (const std::string command : {"run", "compare", "linear"}) {
            expect_refusal(messages, command + " --input " + file, file + ": " + what);
            const std::string places[] = {file + " --k " + good + " --v " + good,
                                          good + " --k " + file + " --v " + good,
                                          good + " --k " + good + " --v " + file};
            for (const std::string& place : places)
                expect_refusal(messages, command + " --q " + place, file + ": " + what);
        }
        expect_refusal(messages, "gemm --a " + file + " --b " + good, file + ": " + what);
        expect_refusal(messages, "gemm --a " + good + " --b " + file, file + ": " + what);
        for (const std::string& mask : {file, npy})
            expect_refusal(messages, "run --random 1,8,8 --tile-mask " + mask, mask + ": " + what);
    }
    // Lists are those of the use: flags are no numbers, and numbers no flags.
    expect_refusal(messages, "run --random 1,8,8 --tile-mask " + good,
                   "is <f4; allowed: '|b1', '|u1', '|i1'\n");
}
