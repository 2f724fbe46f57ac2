// SPDX-License-Identifier: MIT
// .npy files: what NumPy writes is read, everything else is one clear message.
#include "host/io/npy.h"

#include <algorithm>
#include <cstring>
#include <map>

#include "host/error.h"
#include "host/io/output_file.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

namespace {

using namespace tessera;
using host::Dtype;
using test::Compared;
using test::message_of;

/// As numpy.save writes it: the header padded with blanks to a multiple of 64, a newline last.
std::string npy_image(const std::string& dict, size_t data_bytes, char version = 1) {
    const size_t start = version == 1 ? 10 : 12;
    std::string header = dict;
    while ((start + header.size() + 1) % 64 != 0) header += ' ';
    header += '\n';
    std::string bytes = std::string("\x93NUMPY") + version + '\0';
    for (size_t i = 0; i < start - 8; ++i)
        bytes += static_cast<char>(header.size() >> (8 * i) & 255);
    bytes += header;
    for (size_t i = 0; i < data_bytes; ++i) bytes += static_cast<char>(i * 37 % 120);
    return bytes;
}

host::TensorView parse(const std::string& bytes) {
    return host::parse_npy("x.npy", "q", reinterpret_cast<const uint8_t*>(bytes.data()),
                           bytes.size());
}

std::string message_for(const std::string& bytes) {
    return message_of([&] { parse(bytes); });
}

std::string dict(const std::string& descr, const std::string& order, const std::string& shape) {
    return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }";
}

struct Damage {
    std::string dict;
    size_t data_bytes;
    std::vector<const char*> named;
};

}  // namespace

TEST_CASE("npy files of all versions and types are read", "[io]") {
    Compared compared("arrays");
    struct Kind {
        const char* descr;
        Dtype dtype;
        size_t width;
    };
    for (const Kind kind : {Kind{"'<f4'", Dtype::kF32, 4}, Kind{"'<f2'", Dtype::kF16, 2},
                            Kind{"\"<f8\"", Dtype::kF64, 8}, Kind{"'|V2'", Dtype::kBf16, 2},
                            Kind{"'<V2'", Dtype::kBf16, 2}}) {
        for (const char version : {'\1', '\2', '\3'}) {
            const std::string bytes =
                npy_image(dict(kind.descr, "False", "(2, 3, 4)"), 24 * kind.width, version);
            const host::TensorView view = parse(bytes);
            compared.equal(view.shape, std::vector<uint64_t>{2, 3, 4});
            compared.equal(view.dtype, kind.dtype);
            compared.equal(view.elements, uint64_t{24});
            compared.equal(view.bytes(), uint64_t{24 * kind.width});
            compared.holds(view.data + view.bytes() ==
                               reinterpret_cast<const uint8_t*>(bytes.data()) + bytes.size(),
                           [] { return "the data ends the file"; });
        }
    }
    const std::vector<std::pair<std::string, std::vector<uint64_t>>> shapes = {
        {"()", {}}, {"(6,)", {6}}, {"(2,3)", {2, 3}}, {"( 2 , 3 , )", {2, 3}}, {"(0, 5)", {0, 5}}};
    for (const auto& [text, shape] : shapes) {
        const size_t bytes = 4 * host::element_count(shape).value();
        compared.equal(parse(npy_image(dict("'<f4'", "False", text), bytes)).shape, shape);
    }
    const std::string other = "{\"shape\":(1,),\"descr\":'<f4','fortran_order':False}";
    compared.equal(parse(npy_image(other, 4)).shape, std::vector<uint64_t>{1});
}

TEST_CASE("each use of an npy file has its types, and messages list just these", "[io]") {
    Compared compared("types and uses");
    const std::map<host::TensorUse, std::vector<std::string>> listed = {
        {host::TensorUse::kNumbers, {"<f4", "<f2", "<f8", "|V2", "<V2"}},
        {host::TensorUse::kFlags, {"|b1", "|u1", "|i1"}}};
    for (const auto& [use, types] : listed)
        for (const std::string descr :
             {"<f2", "<f4", "<f8", "<f16", ">f2", ">f4", ">f8", "|V1",   "<V1", "<f1",
              "|V2", "<V2", "|V4", "|b1",  "|u1", "|i1", "<i2", "<i4",   "<i8", "<u2",
              "<u4", "<u8", "<c8", "<c16", "|O",  "|S1", "<U1", "<M8[s]"}) {
            const bool good = std::find(types.begin(), types.end(), descr) != types.end();
            const size_t bytes = descr[2] == '4'   ? 4
                                 : descr[2] == '8' ? 8
                                 : descr[2] == '2' ? 2
                                                   : 1;
            const std::string file = npy_image(dict("'" + descr + "'", "False", "(1,)"), bytes);
            const std::string message = message_of([&, use_of_it = use] {
                host::parse_npy("x.npy", "q", reinterpret_cast<const uint8_t*>(file.data()),
                                file.size(), use_of_it);
            });
            compared.equal(message.empty(), good, [&] { return descr + ": " + message; });
            if (good) continue;
            const std::string list = message.substr(message.find("allowed"));
            for (const std::string other : {"<f4", "<f2", "<f8", "|V2", "<V2", "|b1", "|u1", "|i1"})
                compared.equal(list.find("'" + other + "'") != std::string::npos,
                               std::find(types.begin(), types.end(), other) != types.end(),
                               [&] { return descr + ", " + other + ": " + message; });
            const bool eight_bits = descr == "|V1" || descr == "<V1" || descr == "<f1";
            compared.equal(list.find("8-bit float") != std::string::npos, eight_bits,
                           [&] { return message; });
        }
}

TEST_CASE("npy files are mapped", "[io]") {
    const test::Scratch folder;
    const std::string path = folder.path() + "/q.npy";
    host::write_file(path, npy_image(dict("'<f4'", "False", "(1, 2)"), 8));
    const host::NpyFile file(path, "q");
    Compared compared("elements");
    float values[2] = {};
    file.tensor().to_float(0, 2, values);
    compared.equal(std::memcmp(values, file.tensor().data, 8), 0);
    compared.equal(file.tensor().name, std::string("q"));
    compared.equal(file.tensor().file, path);
    const std::string message = message_of([&] { host::NpyFile(path + "x", "q"); });
    compared.holds(message.find(path + "x: cannot open") == 0, [&] { return message; });
}

TEST_CASE("every damage of an npy file is named", "[io]") {
    const std::vector<Damage> damages = {
        {dict("'>f4'", "False", "(1,)"),
         4,
         {"descr (the element type) is >f4", "'<f4', '<f2', '<f8'", "bfloat16", "newbyteorder"}},
        {dict("'<u2'", "False", "(1,)"), 2, {"type) is <u2", "'<f4'"}},
        {dict("'|V4'", "False", "(1,)"), 4, {"type) is |V4", "'|V2'"}},
        {dict("[('a', '<f4')]", "False", "(1,)"), 4, {"descr is [('a'", "'<f4'"}},
        {dict("'<f4'", "True", "(1,)"), 4, {"fortran_order is True", "ascontiguousarray"}},
        {dict("'<f4'", "Falsey", "(1,)"), 4, {"fortran_order is Falsey", "False"}},
        {dict("'<f4'", "0", "(1,)"), 4, {"fortran_order is ", "False"}},
        {dict("'<f4'", "False", "(-1,)"), 4, {"shape is -1", "non-negative integers"}},
        {dict("'<f4'", "False", "(1.5,)"), 4, {"header at character", "is .5,)", "','"}},
        {dict("'<f4'", "False", "(1)"), 4, {"header at character", "','"}},
        {dict("'<f4'", "False", "[1]"), 4, {"header at character", "'('"}},
        {dict("'<f4'", "False", "(1 2)"), 4, {"header at character"}},
        {dict("'<f4'", "False", "(99999999999999999999,)"),
         4,
         {"shape is 99999999999999999999", "2^64"}},
        {dict("'<f4'", "False", "(4294967296, 4294967296)"),
         4,
         {"shape is [4294967296, 4294967296]", "2^64"}},
        {dict("'<f4'", "False", "(2,)"),
         4,
         {"size of the data is 4 bytes", "8 bytes (shape [2] of F32)"}},
        {dict("'<f4'", "False", "(2,)"), 9, {"size of the data is 9 bytes", "8 bytes"}},
        {"{'descr': '<f4', 'shape': (1,)}", 4, {"fortran_order is missing", "each once"}},
        {"{'fortran_order': False, 'shape': (1,)}", 4, {"descr is missing", "each once"}},
        {"{'descr': '<f4', 'fortran_order': False}", 4, {"shape is missing", "each once"}},
        {"{'descr': '<f4', 'descr': '<f4'}", 4, {"descr is given twice", "each once"}},
        {"{'order': 'C'}", 4, {"header key is order", "descr, fortran_order and shape"}},
        {"{'descr' '<f4'}", 4, {"header at character", "':'"}},
        {"{'descr: 1}", 4, {"closing quote"}},
        {"{descr: 1}", 4, {"header at character", "a key"}},
        {"['descr']", 4, {"header at character 0", "'{'"}},
        {dict("'<f4'", "False", "(1,)") + "x", 4, {"the end of the header"}},
        {"{'descr': '<f4'", 4, {"header at character", "its end", "'}'"}},
    };
    Compared compared("words in messages");
    for (const Damage& damage : damages) {
        const std::string message = message_for(npy_image(damage.dict, damage.data_bytes));
        const auto contains = [&](const char* word) {
            compared.holds(message.find(word) != std::string::npos,
                           [&] { return std::string(word) + " not in: " + message; });
        };
        contains("x.npy: ");
        for (const char* word : damage.named) contains(word);
    }
    std::string bytes = npy_image(dict("'<f4'", "False", "(1,)"), 4);
    bytes[6] = 4;
    compared.equal(message_for(bytes),
                   std::string("x.npy: format version is 4.0; allowed: 1.0, 2.0, 3.0"));
    bytes[6] = 1;
    bytes[8] = '\xff';
    compared.holds(message_for(bytes).find("x.npy: header length is ") == 0,
                   [&] { return message_for(bytes); });
    compared.equal(
        message_for("no array"),
        std::string("x.npy: is not an .npy file: it starts with no arr, not with \\x93NUMPY"));
}

TEST_CASE("an npy file cut anywhere is refused", "[io]") {
    Compared compared("lengths of a damaged file");
    for (const char version : {'\1', '\2'}) {
        const std::string whole = npy_image(dict("'<f4'", "False", "(3, 2)"), 24, version);
        CHECK(message_for(whole).empty());
        for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
            const std::string message = message_for(whole.substr(0, bytes));
            compared.holds(message.rfind("x.npy: ", 0) == 0, [&] { return message; });
        }
    }
}
