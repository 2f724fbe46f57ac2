// SPDX-License-Identifier: MIT
#include "host/io/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include "host/error.h"
#include "host/io/temporary.h"

namespace tessera::host {
namespace {

constexpr const char* kCannotOpen = "cannot open for writing";

/// What is at `path` now must be a file that can be replaced, or nothing.
void check_replaceable(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        if (errno != ENOENT) throw system_error(path, kCannotOpen, errno);
    } else if (S_ISDIR(status.st_mode)) {
        throw system_error(path, kCannotOpen, EISDIR);
    } else if (!S_ISREG(status.st_mode)) {
        throw UserError(path + ": is a device or a pipe; allowed: a regular file, or a new name");
    }
}

}  // namespace

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
    check_replaceable(path_);
    do {
        temporary_ = temporary_name(path_);
        descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor_ < 0 && errno == EEXIST);
    if (descriptor_ < 0) throw system_error(path_, kCannotOpen, errno);
    cleanup_.emplace(temporary_);
}

OutputFile::~OutputFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
}

void OutputFile::append(std::string_view text) {
    write_at(appended_, text.data(), text.size());
    appended_ += text.size();
}

void OutputFile::write_at(uint64_t offset, const void* data, uint64_t bytes) {
    constexpr uint64_t kMax = uint64_t{1} << 30;  // of one pwrite
    if (descriptor_ < 0) throw std::logic_error(path_ + ": written after commit");
    const auto* next = static_cast<const uint8_t*>(data);
    while (bytes > 0) {
        const ssize_t written =
            ::pwrite(descriptor_, next, std::min(bytes, kMax), static_cast<off_t>(offset));
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) throw system_error(path_, "cannot write", written < 0 ? errno : ENOSPC);
        next += written;
        offset += static_cast<uint64_t>(written);
        bytes -= static_cast<uint64_t>(written);
    }
}

void OutputFile::commit() {
    if (descriptor_ < 0) throw std::logic_error(path_ + ": committed twice");
    const bool closed = ::close(std::exchange(descriptor_, -1)) == 0;
    if (closed && std::rename(temporary_.c_str(), path_.c_str()) == 0) return;
    const int error_number = errno;
    ::unlink(temporary_.c_str());
    throw system_error(path_, "cannot write", error_number);
}

void write_file(const std::string& path, std::string_view text) {
    OutputFile file(path);
    file.append(text);
    file.commit();
}

}  // namespace tessera::host
