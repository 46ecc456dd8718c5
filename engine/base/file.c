/* Whole-file reading, atomic replacement, zstd frames. */
#include "engine/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "engine/base/memory.h"

fore_status fore_fail_errno(fore_error *err, const char *path, const char *doing, int code)
{
    if (code == ENOSPC || code == EDQUOT)
        return fore_fail_at(err, FORE_E_FULL, path, 0, 0,
                            "cannot %s %s: the disk is full; free some space and run again", doing,
                            path);
    const char *remedy = code == ENOENT    ? "check the path"
                         : code == EACCES  ? "check its permissions"
                         : code == EROFS   ? "choose a place that can be written"
                         : code == EISDIR  ? "name a file, not a folder"
                                           : "check the path and the disk";
    return fore_fail_at(err, FORE_E_IO, path, 0, 0, "cannot %s %s: %s; %s", doing, path,
                        strerror(code), remedy);
}

fore_status fore_file_read(const char *path, int64_t limit, fore_text *out, fore_error *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fore_fail_errno(err, path, "read", errno);
    fore_status status = FORE_OK;
    enum { STEP = 1 << 16 };
    for (;;) {
        if (fore_grow((void **)&out->bytes, &out->capacity, out->length + STEP + 1, 1, err)) {
            status = fore_no_memory(err);
            break;
        }
        ssize_t got = read(fd, out->bytes + out->length, STEP);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) {
            status = fore_fail_errno(err, path, "read", errno);
            break;
        }
        out->length += got;
        out->bytes[out->length] = 0;
        if (limit > 0 && out->length > limit) {
            status = fore_fail_at(err, FORE_E_LIMIT, path, 0, 0, "%s is larger than %lld bytes",
                                  path, (long long)limit);
            break;
        }
        if (got == 0) break;
    }
    close(fd);
    return status;
}

static fore_status write_all(int fd, const char *path, const char *bytes, int64_t length,
                             fore_error *err)
{
    while (length > 0) {
        ssize_t put = write(fd, bytes, length > (1 << 30) ? (size_t)1 << 30 : (size_t)length);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fore_fail_errno(err, path, "write", errno);
        bytes += put;
        length -= put;
    }
    return fsync(fd) == 0 ? FORE_OK : fore_fail_errno(err, path, "write", errno);
}

fore_status fore_file_replace(const char *path, const void *bytes, int64_t length, fore_error *err)
{
    fore_text temporary = {0};
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode)) /* renaming would do away with a device */
        return fore_fail_at(err, FORE_E_IO, path, 0, 0, "cannot write %s: it is %s; name a file", path,
                            S_ISDIR(info.st_mode) ? "a folder" : "no ordinary file");
    fore_text_printf(&temporary, "%s.%ld.tmp", path, (long)getpid());
    FORE_TRY(fore_text_check(&temporary, err));
    int fd = open(temporary.bytes, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) {
        fore_status status = fore_fail_errno(err, path, "write", errno);
        fore_text_free(&temporary);
        return status;
    }
    fore_status status = write_all(fd, path, bytes, length, err);
    if (close(fd) != 0 && status == FORE_OK) status = fore_fail_errno(err, path, "write", errno);
    if (status == FORE_OK && rename(temporary.bytes, path) != 0)
        status = fore_fail_errno(err, path, "replace", errno);
    if (status != FORE_OK) unlink(temporary.bytes);
    fore_text_free(&temporary);
    return status;
}

bool fore_file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0;
}

bool fore_file_is_folder(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool fore_file_is_stream(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode);
}

fore_status fore_folder_make(const char *path, fore_error *err)
{
    fore_text copy = {0};
    fore_text_puts(&copy, path);
    FORE_TRY(fore_text_check(&copy, err));
    fore_status status = FORE_OK;
    for (int64_t i = 1; i <= copy.length && status == FORE_OK; i++) {
        if (copy.bytes[i] != '/' && copy.bytes[i] != 0) continue;
        char kept = copy.bytes[i];
        copy.bytes[i] = 0;
        if (mkdir(copy.bytes, 0777) != 0 && errno != EEXIST)
            status = fore_fail_errno(err, path, "make the folder", errno);
        copy.bytes[i] = kept;
    }
    if (status == FORE_OK && !fore_file_is_folder(path))
        status = fore_fail_errno(err, path, "make the folder", ENOTDIR);
    fore_text_free(&copy);
    return status;
}

fore_status fore_pack(const void *bytes, int64_t length, fore_text *out, fore_error *err)
{
    int64_t bound = (int64_t)ZSTD_compressBound((size_t)length);
    FORE_TRY(fore_grow((void **)&out->bytes, &out->capacity, out->length + bound + 1, 1, err));
    ZSTD_CCtx *context = ZSTD_createCCtx();
    if (!context) return fore_no_memory(err);
    ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, 3);
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    size_t n = ZSTD_compress2(context, out->bytes + out->length, (size_t)bound, bytes, (size_t)length);
    ZSTD_freeCCtx(context);
    if (ZSTD_isError(n)) return fore_fail(err, FORE_E_IO, "cannot compress: %s", ZSTD_getErrorName(n));
    out->length += (int64_t)n;
    out->bytes[out->length] = 0;
    return FORE_OK;
}

fore_status fore_unpack(const void *bytes, int64_t length, int64_t limit, fore_text *out,
                        fore_error *err)
{
    unsigned long long size = ZSTD_getFrameContentSize(bytes, (size_t)length);
    if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN)
        return fore_fail(err, FORE_E_FORMAT, "not a foresell file, or cut off in the middle");
    if (size > (unsigned long long)limit)
        return fore_fail(err, FORE_E_LIMIT, "the file unpacks to more than %lld bytes", (long long)limit);
    FORE_TRY(fore_grow((void **)&out->bytes, &out->capacity, out->length + (int64_t)size + 1, 1, err));
    size_t n = ZSTD_decompress(out->bytes + out->length, (size_t)size, bytes, (size_t)length);
    if (ZSTD_isError(n) || n != size)
        return fore_fail(err, FORE_E_FORMAT, "the file is damaged: %s",
                         ZSTD_isError(n) ? ZSTD_getErrorName(n) : "it is cut off");
    out->length += (int64_t)n;
    out->bytes[out->length] = 0;
    return FORE_OK;
}
