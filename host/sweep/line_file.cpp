// SPDX-License-Identifier: MIT
#include "host/sweep/line_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "host/error.h"

namespace tessera::host {
namespace {

constexpr const char* kCannotRead = "cannot read";

/// Up to `bytes` bytes at `offset`; fewer at the end of the file.
std::string bytes_at(int file, const std::string& path, uint64_t offset, uint64_t bytes) {
    std::string text(bytes, '\0');
    uint64_t have = 0;
    while (have < bytes) {
        const ssize_t n =
            ::pread(file, text.data() + have, bytes - have, static_cast<off_t>(offset + have));
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) throw system_error(path, kCannotRead, errno);
        if (n == 0) break;
        have += static_cast<uint64_t>(n);
    }
    text.resize(have);
    return text;
}

}  // namespace

LineFile::LineFile(std::string path, Access access, const Take& take) : path_(std::move(path)) {
    const int flags = access == Access::kRead ? O_RDONLY : O_RDWR | O_CREAT;
    file_ = ::open(path_.c_str(), flags | O_CLOEXEC, 0666);
    if (file_ < 0) throw system_error(path_, "cannot open", errno);
    try {
        lock(access);
        read(take);
        if (access == Access::kAppend && ::ftruncate(file_, static_cast<off_t>(end_)) != 0)
            throw system_error(path_, "cannot write", errno);
    } catch (...) {
        ::close(file_);
        throw;
    }
}

LineFile::~LineFile() { ::close(file_); }

/// Until the process ends. A file system without locks gives none.
void LineFile::lock(Access access) const {
    struct flock whole {};
    whole.l_type = access == Access::kRead ? F_RDLCK : F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(file_, F_SETLK, &whole) == 0 || (errno != EACCES && errno != EAGAIN)) return;
    throw UserError(path_ +
                    ": another process is writing it; wait for its end, or take another "
                    "folder");
}

void LineFile::read(const Take& take) {
    constexpr uint64_t kStep = uint64_t{1} << 20;
    std::string rest;  // from end_ on
    for (std::string more; !(more = bytes_at(file_, path_, end_ + rest.size(), kStep)).empty();) {
        rest += more;
        size_t begin = 0;
        for (size_t newline; (newline = rest.find('\n', begin)) != std::string::npos;
             begin = newline + 1) {
            take(std::string_view(rest).substr(begin, newline - begin), end_ + begin);
        }
        rest.erase(0, begin);
        end_ += begin;
    }
}

uint64_t LineFile::append(std::string_view line) {
    const std::string text = std::string(line) + '\n';
    for (uint64_t done = 0; done < text.size();) {
        const ssize_t n = ::pwrite(file_, text.data() + done, text.size() - done,
                                   static_cast<off_t>(end_ + done));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) throw system_error(path_, "cannot write", n < 0 ? errno : ENOSPC);
        done += static_cast<uint64_t>(n);
    }
    return std::exchange(end_, end_ + text.size());
}

std::string LineFile::line_at(uint64_t offset, uint64_t bytes) const {
    return bytes_at(file_, path_, offset, bytes);
}

}  // namespace tessera::host
