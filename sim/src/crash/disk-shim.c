/*
 * Stands between a process and the disk (LD_PRELOAD), for files below PULSERA_DISK_DIR. Before bytes of a file change, what was there is
 * appended to the log PULSERA_DISK_LOG; when the file is synced, that is noted too. Whoever kills the process can then put back any part of
 * what was never synced: a power cut. Renames, unlinks and creations are noted likewise, until their folder is synced; files that they
 * would make unreachable stay as hard links in PULSERA_DISK_KEEP, on the same file system.
 *
 * The log lies in the operating system's cache and outlives SIGKILL. A record goes before the change it describes, so a process killed
 * between the two has noted one change too many, and putting that back changes nothing. disk-log.ts reads it.
 *
 * Left alone: `-shm` files (mapped, and never durable), and what a box never uses: O_DIRECT, mapped writes, copy_file_range, io_uring.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { DATA = 1, SYNC = 2, CREATE = 3, RENAME = 4, UNLINK = 5 };
enum { FDS = 65536 };

struct record {
  uint32_t kind, payload;
  uint64_t inode, folder, offset, length, size;
};

static char root[PATH_MAX], keep[PATH_MAX - 16];
static size_t root_length;
static int log_fd = -1;
static unsigned kept;
static char tracked[FDS];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(result, name, ...)                       \
  static result (*real_##name)(__VA_ARGS__);          \
  if (!real_##name) real_##name = dlsym(RTLD_NEXT, #name)

static ssize_t plain_write(int fd, const void *bytes, size_t length) {
  REAL(ssize_t, write, int, const void *, size_t);
  return real_write(fd, bytes, length);
}

static void die(const char *why) {
  plain_write(2, why, strlen(why));
  abort();
}

__attribute__((constructor)) static void begin(void) {
  const char *dir = getenv("PULSERA_DISK_DIR"), *log = getenv("PULSERA_DISK_LOG"), *kept_in = getenv("PULSERA_DISK_KEEP");
  if (!dir || !log || !kept_in) return;
  char resolved[PATH_MAX];
  if (!realpath(dir, root) || !realpath(kept_in, resolved)) die("disk-shim: no such folder\n");
  if (snprintf(keep, sizeof keep, "%s", resolved) >= (int)sizeof keep) die("disk-shim: too long a path\n");
  root_length = strlen(root);
  REAL(int, open, const char *, int, ...);
  log_fd = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log_fd < 0) die("disk-shim: the log can not be opened\n");
  kept = (unsigned)getpid() * 4096u;
}

static void note(struct record head, const void *payload) {
  struct iovec parts[2] = {{&head, sizeof head}, {(void *)payload, head.payload}};
  REAL(ssize_t, writev, int, const struct iovec *, int);
  ssize_t wanted = (ssize_t)(sizeof head + head.payload);
  if (real_writev(log_fd, parts, head.payload ? 2 : 1) != wanted) die("disk-shim: the log can not be written\n");
}

static int ends_with(const char *text, const char *end) {
  size_t a = strlen(text), b = strlen(end);
  return a >= b && strcmp(text + a - b, end) == 0;
}

static int is_below(const char *path) {
  return log_fd >= 0 && strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || path[root_length] == 0) &&
         !ends_with(path, "-shm");
}

/* The folder must exist, the file needn't. @returns whether it is one of ours */
static int resolve(int at, const char *path, char *whole) {
  if (log_fd < 0 || !path) return 0;
  char copy[PATH_MAX], base[PATH_MAX];
  if (path[0] == '/' || at == AT_FDCWD) {
    if (snprintf(copy, sizeof copy, "%s", path) >= (int)sizeof copy) return 0;
  } else {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t n = readlink(link, base, sizeof base - 1);
    if (n < 0) return 0;
    base[n] = 0;
    if (snprintf(copy, sizeof copy, "%s/%s", base, path) >= (int)sizeof copy) return 0;
  }
  if (realpath(copy, whole)) return is_below(whole);
  char *slash = strrchr(copy, '/');
  const char *name = slash ? slash + 1 : copy;
  if (slash) *slash = 0;
  if (!realpath(slash ? (copy[0] ? copy : "/") : ".", base)) return 0;
  if (snprintf(whole, PATH_MAX, "%s/%s", base, name) >= PATH_MAX) return 0;
  return is_below(whole);
}

static uint64_t inode_of(const char *path) {
  struct stat s;
  return stat(path, &s) == 0 ? s.st_ino : 0;
}

static uint64_t folder_of(const char *path) {
  char copy[PATH_MAX];
  snprintf(copy, sizeof copy, "%s", path);
  *strrchr(copy, '/') = 0;
  return inode_of(copy);
}

static int is_tracked(int fd) { return fd >= 0 && fd < FDS && tracked[fd]; }

/* Notes what bytes from `offset` on will be overwritten or cut off. Every descriptor can be read: `opened` sees to it. */
static void note_data(int fd, uint64_t offset, uint64_t length, int is_cut) {
  struct stat s;
  if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode)) return;
  uint64_t size = (uint64_t)s.st_size, rest = offset < size ? size - offset : 0;
  uint64_t old = is_cut || rest < length ? rest : length;
  char *bytes = old ? malloc(old) : NULL;
  if (old && !bytes) die("disk-shim: no memory\n");
  for (uint64_t got = 0; got < old;) {
    ssize_t n = pread(fd, bytes + got, old - got, (off_t)(offset + got));
    if (n <= 0) die("disk-shim: what is overwritten can not be read\n");
    got += (uint64_t)n;
  }
  note((struct record){DATA, (uint32_t)old, s.st_ino, 0, offset, is_cut ? old : length, size}, bytes);
  free(bytes);
}

static void note_names(uint32_t kind, const char *path, const char *other, const char *saved) {
  char names[3 * PATH_MAX];
  int n = snprintf(names, sizeof names, "%s%c%s%c%s", path, 0, other ? other : "", 0, saved ? saved : "");
  const char *changed = kind == RENAME ? other : path;
  note((struct record){kind, (uint32_t)n, inode_of(path), folder_of(changed), 0, 0, 0}, names);
}

/* @returns a name for `path` that outlives it; NULL when there is no such file */
static const char *saved(const char *path, char *name) {
  struct stat s;
  if (lstat(path, &s) != 0 || !S_ISREG(s.st_mode)) return NULL;
  snprintf(name, PATH_MAX, "%s/%u", keep, kept++);
  if (link(path, name) != 0) die("disk-shim: no link can be made: is it the same file system?\n");
  return name;
}

static int opened(int at, const char *path, int flags, mode_t mode) {
  REAL(int, openat, int, const char *, int, ...);
  char whole[PATH_MAX];
  if (!resolve(at, path, whole)) return real_openat(at, path, flags, mode);
  if ((flags & O_ACCMODE) == O_WRONLY) flags = (flags & ~O_ACCMODE) | O_RDWR;
  pthread_mutex_lock(&lock);
  int is_new = (flags & O_CREAT) && access(whole, F_OK) != 0;
  int fd = real_openat(at, path, flags & ~O_TRUNC, mode);
  int because = errno;
  if (fd >= FDS) die("disk-shim: too many files\n");
  if (fd >= 0) {
    tracked[fd] = 1;
    if (is_new) note_names(CREATE, whole, NULL, NULL);
    if (!is_new && (flags & O_TRUNC)) {
      note_data(fd, 0, 0, 1);
      REAL(int, ftruncate, int, off_t);
      if (real_ftruncate(fd, 0) != 0) die("disk-shim: a file can not be emptied\n");
    }
  }
  pthread_mutex_unlock(&lock);
  errno = because;
  return fd;
}

static mode_t mode_of(int flags, va_list rest) {
  return (flags & (O_CREAT | O_TMPFILE)) ? (mode_t)va_arg(rest, int) : 0;
}

#define OPEN(name)                                 \
  int name(const char *path, int flags, ...) {     \
    va_list rest;                                  \
    va_start(rest, flags);                         \
    mode_t mode = mode_of(flags, rest);            \
    va_end(rest);                                  \
    return opened(AT_FDCWD, path, flags, mode);    \
  }
#define OPENAT(name)                                    \
  int name(int at, const char *path, int flags, ...) {  \
    va_list rest;                                       \
    va_start(rest, flags);                              \
    mode_t mode = mode_of(flags, rest);                 \
    va_end(rest);                                       \
    return opened(at, path, flags, mode);               \
  }
OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)

int close(int fd) {
  REAL(int, close, int);
  if (is_tracked(fd)) tracked[fd] = 0;
  return real_close(fd);
}

/* Each change: its note and itself under one lock, so that the log has them in the order in which they happened. */
#define CHANGE(name, result, fd, noting, call, ...)  \
  REAL(result, name, __VA_ARGS__);                   \
  if (!is_tracked(fd)) return call;                  \
  pthread_mutex_lock(&lock);                         \
  noting;                                            \
  result done = call;                                \
  int because = errno;                               \
  pthread_mutex_unlock(&lock);                       \
  errno = because;                                   \
  return done

static uint64_t position(int fd) {
  struct stat s;
  if ((fcntl(fd, F_GETFL) & O_APPEND) && fstat(fd, &s) == 0) return (uint64_t)s.st_size;
  off_t at = lseek(fd, 0, SEEK_CUR);
  return at < 0 ? 0 : (uint64_t)at;
}

static uint64_t total(const struct iovec *parts, int count) {
  uint64_t sum = 0;
  for (int i = 0; i < count; i++) sum += parts[i].iov_len;
  return sum;
}

ssize_t write(int fd, const void *bytes, size_t n) {
  CHANGE(write, ssize_t, fd, note_data(fd, position(fd), n, 0), real_write(fd, bytes, n), int, const void *, size_t);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  CHANGE(writev, ssize_t, fd, note_data(fd, position(fd), total(parts, count), 0), real_writev(fd, parts, count), int,
         const struct iovec *, int);
}

#define PWRITE(name)                                                                                              \
  ssize_t name(int fd, const void *bytes, size_t n, off_t at) {                                                   \
    CHANGE(name, ssize_t, fd, note_data(fd, (uint64_t)at, n, 0), real_##name(fd, bytes, n, at), int, const void *, \
           size_t, off_t);                                                                                        \
  }
#define PWRITEV(name)                                                                                              \
  ssize_t name(int fd, const struct iovec *parts, int count, off_t at) {                                           \
    CHANGE(name, ssize_t, fd, note_data(fd, (uint64_t)at, total(parts, count), 0), real_##name(fd, parts, count, at), \
           int, const struct iovec *, int, off_t);                                                                 \
  }
#define TRUNCATE(name)                                                                                     \
  int name(int fd, off_t size) {                                                                           \
    CHANGE(name, int, fd, note_data(fd, (uint64_t)size, 0, 1), real_##name(fd, size), int, off_t);         \
  }
/* A longer file at most; holes are never punched here. */
#define FALLOCATE(name)                                                                                    \
  int name(int fd, int mode, off_t at, off_t n) {                                                          \
    if (is_tracked(fd) && mode & ~1) die("disk-shim: that kind of fallocate is not known here\n");         \
    CHANGE(name, int, fd, note_data(fd, UINT64_MAX, 0, 0), real_##name(fd, mode, at, n), int, int, off_t, off_t); \
  }
#define POSIX_FALLOCATE(name)                                                                              \
  int name(int fd, off_t at, off_t n) {                                                                    \
    CHANGE(name, int, fd, note_data(fd, UINT64_MAX, 0, 0), real_##name(fd, at, n), int, off_t, off_t);     \
  }
PWRITE(pwrite)
PWRITE(pwrite64)
PWRITEV(pwritev)
PWRITEV(pwritev64)
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)
FALLOCATE(fallocate)
FALLOCATE(fallocate64)
POSIX_FALLOCATE(posix_fallocate)
POSIX_FALLOCATE(posix_fallocate64)

/* What was written before is safe once the real call has come back. Others wait: what they write meanwhile is not covered. */
static int synced(int fd, int (*real)(int)) {
  if (!is_tracked(fd)) return real(fd);
  pthread_mutex_lock(&lock);
  int done = real(fd), because = errno;
  struct stat s;
  if (done == 0 && fstat(fd, &s) == 0) note((struct record){SYNC, 0, s.st_ino, s.st_ino, 0, 0, 0}, NULL);
  pthread_mutex_unlock(&lock);
  errno = because;
  return done;
}
int fsync(int fd) {
  REAL(int, fsync, int);
  return synced(fd, real_fsync);
}
int fdatasync(int fd) {
  REAL(int, fdatasync, int);
  return synced(fd, real_fdatasync);
}

int rename(const char *from, const char *to) {
  REAL(int, rename, const char *, const char *);
  char source[PATH_MAX], target[PATH_MAX], name[PATH_MAX];
  if (!resolve(AT_FDCWD, from, source) || !resolve(AT_FDCWD, to, target)) return real_rename(from, to);
  pthread_mutex_lock(&lock);
  note_names(RENAME, source, target, saved(target, name));
  int done = real_rename(from, to), because = errno;
  pthread_mutex_unlock(&lock);
  errno = because;
  return done;
}

static int unlinked(int at, const char *path, int flags) {
  REAL(int, unlinkat, int, const char *, int);
  char whole[PATH_MAX], name[PATH_MAX];
  if (!resolve(at, path, whole) || (flags & AT_REMOVEDIR)) return real_unlinkat(at, path, flags);
  pthread_mutex_lock(&lock);
  const char *other = saved(whole, name);
  if (other) note_names(UNLINK, whole, NULL, other);
  int done = real_unlinkat(at, path, flags), because = errno;
  pthread_mutex_unlock(&lock);
  errno = because;
  return done;
}
int unlink(const char *path) { return unlinked(AT_FDCWD, path, 0); }
int unlinkat(int at, const char *path, int flags) { return unlinked(at, path, flags); }
