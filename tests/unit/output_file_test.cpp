// SPDX-License-Identifier: MIT
// Output files are whole or absent, and what cannot be written or read is one clear message.
#include "host/io/output_file.h"

#include <filesystem>
#include <fstream>

#include "host/error.h"
#include "host/io/safetensors.h"
#include "host/io/sha256.h"
#include "tests/support/compared.h"
#include "tests/unit/files.h"

using namespace tessera;
using host::Dtype;
using test::Compared;
using test::folder_content;
using test::message_of;
using test::Scratch;

TEST_CASE("the SHA-256 of a file is that of FIPS 180-2", "[io]") {
    const Scratch folder;
    Compared digests("digests");
    const std::pair<std::string, const char*> known[] = {
        {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
        {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
        {std::string(1000000, 'a'),
         "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"}};
    for (const auto& [content, digest] : known) {
        const std::string path = folder.path() + "/file";
        std::ofstream(path, std::ios::binary) << content;
        digests.equal(host::sha256_of_file(path), std::string(digest));
    }
    CHECK_THROWS_AS(host::sha256_of_file(folder.path() + "/none"), host::UserError);
}

TEST_CASE("output files are whole or absent", "[io]") {
    const Scratch folder;
    const std::string path = folder.path() + "/out.safetensors";
    using Names = std::set<std::string>;
    Compared compared("states of a folder");
    const auto content = [&] { return folder_content(folder.path()); };
    {
        host::SafetensorsWriter writer(path, {{"o", Dtype::kF32, {2}}}, {});
        compared.equal(content().size(), size_t{1});  // the temporary
        compared.equal(content().count("out.safetensors"), size_t{0});
        const float value = 1;
        writer.write("o", 0, &value, 1);
        CHECK_THROWS_AS(writer.commit(), std::logic_error);  // an element is missing
        CHECK_THROWS_AS(writer.write("o", 2, &value, 1), std::out_of_range);
        CHECK_THROWS_AS(writer.write("o", 1, &value, UINT64_MAX), std::out_of_range);
        CHECK_THROWS_AS(writer.write("p", 0, &value, 1), std::out_of_range);
    }
    compared.equal(content(), Names{});
    CHECK_THROWS_AS(
        host::SafetensorsWriter(path, {{"o", Dtype::kF32, {2}}, {"o", Dtype::kF32, {2}}}, {}),
        std::invalid_argument);
    CHECK_THROWS_AS(host::SafetensorsWriter(path, {{"__metadata__", Dtype::kF32, {2}}}, {}),
                    std::invalid_argument);
    CHECK_THROWS_AS(host::SafetensorsWriter(path, {{"o", Dtype::kF32, {uint64_t{1} << 62, 4}}}, {}),
                    std::invalid_argument);
    compared.equal(content(), Names{});

    host::write_file(path, "old");
    try {
        host::OutputFile file(path);
        file.append("new, but ");
        throw std::runtime_error("the run fails");
    } catch (const std::runtime_error&) {
    }
    compared.equal(content(), Names{"out.safetensors"});
    compared.equal(test::read_text(path), std::string("old"));
    host::write_file(path, "new");
    compared.equal(test::read_text(path), std::string("new"));
    compared.equal(content(), Names{"out.safetensors"});
}

TEST_CASE("output that cannot be written is the user's error", "[io]") {
    const Scratch folder;
    Compared compared("words in messages");
    const auto check = [&](const std::string& path, const std::string& word) {
        const std::string message = message_of([&] { host::write_file(path, "x"); });
        compared.holds(message.find(path) == 0 && message.find(word) != std::string::npos,
                       [&] { return message; });
    };
    check(folder.path(), "cannot open for writing: Is a directory");
    check("/dev/null", "is a device");
    check(folder.path() + "/" + std::string(256, 'n'), "cannot open for writing: File name too");
    check(folder.path() + "/none/out.json", "cannot open for writing: No such file");
    const auto read = [&](const std::string& path, const std::string& word) {
        const std::string message = message_of([&] { host::SafetensorsFile file(path); });
        compared.holds(message.find(path) == 0 && message.find(word) != std::string::npos,
                       [&] { return message; });
    };
    read(folder.path() + "/none", "cannot open for reading: No such file");
    read(folder.path(), "cannot open for reading: Is a directory");
    read("/dev/zero", "is a device");
    host::write_file(folder.path() + "/empty", "");
    read(folder.path() + "/empty", "is empty, not a safetensors file");
    const std::string longest = folder.path() + "/" + std::string(255, 'n');
    host::write_file(longest, "x");
    compared.equal(test::read_text(longest), "x");
    std::filesystem::create_symlink("loop", folder.path() + "/loop");
    check(folder.path() + "/loop", "cannot open for writing: Too many levels of symbolic links");
    read(folder.path() + "/loop", "cannot open for reading: Too many levels of symbolic links");
    host::OutputFile file(folder.path() + "/twice");
    file.commit();
    CHECK_THROWS_AS(file.commit(), std::logic_error);
    CHECK_THROWS_AS(file.append("x"), std::logic_error);
}
