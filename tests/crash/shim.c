/* Lets calls on some files fail by schedule: for tests of a process that does not know of it.

   gcc -shared -fPIC -o shim.so shim.c -ldl
   LD_PRELOAD=shim.so FAULT_CONTROL=control python -m fairlead run ...

   The control file has one line, `CALL PART NTH ERRNO MODE SHORT`: the NTH call from now on of
   `write`, `sync`, `rename` or `open` on a file whose path has PART fails with ERRNO, `once` or
   `sticky`; a write takes SHORT bytes first. Without the file nothing fails; a new one counts anew. */

#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 4096
#define PATH_BYTES 1024

static char paths[FILES_MAX][PATH_BYTES]; /* of what is open */
static struct {
    ino_t file; /* of the control file: another one is another schedule */
    char call[16], part[PATH_BYTES], mode[16];
    long nth, error, took, count;
} plan;

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int planned(void) {
    const char *control = getenv("FAULT_CONTROL");
    struct stat found;
    if (control == NULL || stat(control, &found) != 0) {
        plan.file = 0;
        return 0;
    }
    if (found.st_ino != plan.file) {
        char line[2 * PATH_BYTES] = "";
        int file = REAL(open)(control, O_RDONLY);
        if (file < 0) return 0;
        ssize_t size = read(file, line, sizeof line - 1);
        REAL(close)(file);
        if (size <= 0 || sscanf(line, "%15s %1023s %ld %ld %15s %ld", plan.call, plan.part,
                                &plan.nth, &plan.error, plan.mode, &plan.took) != 6)
            return 0;
        plan.count = 0;
        plan.file = found.st_ino;
    }
    return 1;
}

/* Whether this call is to fail: 0 no, 1 yes, 2 after a part of it. */
static int fails(const char *call, const char *path) {
    if (path == NULL || !planned()) return 0;
    if (strcmp(call, plan.call) != 0 || strstr(path, plan.part) == NULL) return 0;
    plan.count++;
    if (plan.took > 0 && plan.count == plan.nth) return 2;
    long first = plan.nth + (plan.took > 0);
    int now = strcmp(plan.mode, "sticky") == 0 ? plan.count >= first : plan.count == first;
    if (now) errno = (int)plan.error;
    return now;
}

static const char *path_of(int file) {
    return file >= 0 && file < FILES_MAX && paths[file][0] ? paths[file] : NULL;
}

static int opened(int file, const char *path) {
    if (file >= 0 && file < FILES_MAX && path != NULL) snprintf(paths[file], PATH_BYTES, "%s", path);
    return file;
}

static mode_t mode_of(int flags, va_list given) {
    return flags & (O_CREAT | O_TMPFILE) ? va_arg(given, mode_t) : 0;
}

#define OPEN(name)                                                 \
    int name(const char *path, int flags, ...) {                   \
        va_list given;                                             \
        va_start(given, flags);                                    \
        mode_t mode = mode_of(flags, given);                       \
        va_end(given);                                             \
        if (fails("open", path)) return -1;                        \
        return opened(REAL(name)(path, flags, mode), path);        \
    }
OPEN(open)
OPEN(open64)

#define OPEN_AT(name)                                              \
    int name(int place, const char *path, int flags, ...) {        \
        va_list given;                                             \
        va_start(given, flags);                                    \
        mode_t mode = mode_of(flags, given);                       \
        va_end(given);                                             \
        if (fails("open", path)) return -1;                        \
        return opened(REAL(name)(place, path, flags, mode), path); \
    }
OPEN_AT(openat)
OPEN_AT(openat64)

int close(int file) {
    if (file >= 0 && file < FILES_MAX) paths[file][0] = 0;
    return REAL(close)(file);
}

ssize_t write(int file, const void *content, size_t size) {
    int failing = fails("write", path_of(file));
    if (failing == 1) return -1;
    if (failing == 2 && (size_t)plan.took < size) size = (size_t)plan.took;
    return REAL(write)(file, content, size);
}

int fdatasync(int file) {
    return fails("sync", path_of(file)) ? -1 : REAL(fdatasync)(file);
}

int fsync(int file) {
    return fails("sync", path_of(file)) ? -1 : REAL(fsync)(file);
}

int rename(const char *before, const char *after) {
    return fails("rename", after) ? -1 : REAL(rename)(before, after);
}
