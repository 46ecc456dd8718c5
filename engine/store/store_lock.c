/* One job at a time: flock on <workspace>.lock. The kernel releases it when the process ends,
 * however it ends; the file stays and names the last holder. */
#include "engine/store/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "engine/base/file.h"

/* The file holds "<pid> <job>\n". */
static fore_status fail_held(fore_store *s, int fd, const char *job, fore_error *err)
{
    char text[128] = {0}, *rest;
    ssize_t got = pread(fd, text, sizeof text - 1, 0);
    long pid = got > 0 ? strtol(text, &rest, 10) : 0;
    if (pid <= 0)
        return fore_fail_at(err, FORE_E_BUSY, s->path, 0, 0,
                            "cannot run %s: another process is at work on %s; wait until it ends",
                            job, s->path);
    rest += strspn(rest, " ");
    rest[strcspn(rest, "\n")] = 0;
    return fore_fail_at(
        err, FORE_E_BUSY, s->path, 0, 0,
        "cannot run %s: process %ld is running %s on %s; wait until it ends, or end "
        "it",
        job, pid, *rest ? rest : "a job", s->path);
}

static fore_status note_holder(int fd, const char *path, const char *job, fore_error *err)
{
    char text[128];
    int length = snprintf(text, sizeof text, "%ld %.80s\n", (long)getpid(), job);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)length, 0) != length)
        return fore_fail_errno(err, path, "write", errno);
    return FORE_OK;
}

fore_status fore_store_lock(fore_store *s, const char *job, fore_error *err)
{
    fore_text path = {0};
    fore_status status;
    int fd = -1;
    if (s->in_memory || s->lock_fd >= 0) return FORE_OK;
    fore_text_printf(&path, "%s.lock", s->path);
    FORE_GO(fore_text_check(&path, err));
    fd = open(path.bytes, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0) FORE_GO(fore_fail_errno(err, path.bytes, "write", errno));
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EINTR) continue;
        status = errno == EWOULDBLOCK ? fail_held(s, fd, job, err)
                                      : fore_fail_errno(err, path.bytes, "lock", errno);
        goto done;
    }
    FORE_GO(note_holder(fd, path.bytes, job, err));
    s->lock_fd = fd;
    fd = -1;
done:
    if (fd >= 0) close(fd);
    fore_text_free(&path);
    return status;
}

void fore_store_unlock(fore_store *s)
{
    if (s->lock_fd < 0) return;
    if (ftruncate(s->lock_fd, 0) != 0) { /* the name of the holder is a courtesy only */
    }
    close(s->lock_fd);
    s->lock_fd = -1;
}
