// Makes a disk misbehave for one process, by LD_PRELOAD, while the file FAULT_FLAG exists and for files whose path
// contains FAULT_MATCH. FAULT_CALL says how: `sync` fails with EIO, `full` fails writes with ENOSPC, `short` writes half.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static int fails(int fd, const char *call) {
  const char *match = getenv("FAULT_MATCH"), *flag = getenv("FAULT_FLAG"), *wanted = getenv("FAULT_CALL");
  if (!match || !flag || !wanted || strcmp(wanted, call) || access(flag, F_OK)) return 0;
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, sizeof path - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return strstr(path, match) != NULL;
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

int fsync(int fd) {
  REAL(int, "fsync", int);
  if (fails(fd, "sync")) { errno = EIO; return -1; }
  return real(fd);
}

int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  if (fails(fd, "sync")) { errno = EIO; return -1; }
  return real(fd);
}

ssize_t write(int fd, const void *bytes, size_t count) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (fails(fd, "full")) { errno = ENOSPC; return -1; }
  return real(fd, bytes, count > 1 && fails(fd, "short") ? count / 2 : count);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t offset) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  if (fails(fd, "full")) { errno = ENOSPC; return -1; }
  return real(fd, bytes, count > 1 && fails(fd, "short") ? count / 2 : count, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t offset) { return pwrite64(fd, bytes, count, offset); }
