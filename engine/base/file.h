/* Files: read whole, replace atomically, compress (zstd, with checksum). */
#ifndef FORE_BASE_FILE_H
#define FORE_BASE_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "engine/base/text.h"

/* Appends the whole file. `limit` bytes at most (0: no limit), else E_LIMIT. */
fore_status fore_file_read(const char *path, int64_t limit, fore_text *out, fore_error *err);
/* Writes to a temporary file beside `path`, syncs, renames: the old content or the new, never less. */
fore_status fore_file_replace(const char *path, const void *bytes, int64_t length, fore_error *err);
bool fore_file_exists(const char *path);
bool fore_file_is_folder(const char *path);
bool fore_file_is_stream(const char *path); /* a pipe or a device: it cannot be read twice */
fore_status fore_folder_make(const char *path, fore_error *err); /* with parents; existing is fine */
/* What errno means to the user; maps ENOSPC and EDQUOT to E_FULL. */
fore_status fore_fail_errno(fore_error *err, const char *path, const char *doing, int code);

/* zstd frames with a content checksum. Unpacking checks it and refuses more than `limit` bytes. */
fore_status fore_pack(const void *bytes, int64_t length, fore_text *out, fore_error *err);
fore_status fore_unpack(const void *bytes, int64_t length, int64_t limit, fore_text *out, fore_error *err);

#endif
