// SPDX-License-Identifier: Apache-2.0
// read(2), write(2) and their kin on files, pipes and devices.
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "test.h"

/* musl 1.2.3 has none. */
static long preadv2_(int fd, const struct iovec *v, int count, off_t offset, int flags) {
  return syscall(SYS_preadv2, fd, v, count, offset, 0, flags);
}

static char buffer[8192];
/* What the compiler must not see through. */
static void *volatile bad = (void *)16;
static volatile int minus_one = -1, many_vectors = 1025;

static void offsets(int fd) {
  SHOW(write(fd, "0123456789", 10));
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(lseek(fd, -3, SEEK_END));
  SHOW(read(fd, buffer, 100));
  SHOW(read(fd, buffer, 100));
  SHOW(lseek(fd, -1, SEEK_SET));
  SHOW(lseek(fd, -100, SEEK_CUR));
  SHOW(lseek(fd, 0, 77));
  SHOW(lseek(fd, 4, SEEK_SET));
  SHOW(pread(fd, buffer, 3, 7));
  printf("%.3s\n", buffer);
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(pread(fd, buffer, 3, -1));
  SHOW(pread(fd, buffer, 3, 100));
  SHOW(pwrite(fd, "ab", 2, 1));
  SHOW(pwrite(fd, "ab", 2, -1));
  int copy = dup(fd);
  SHOW(lseek(copy, 6, SEEK_SET));
  SHOW(lseek(fd, 0, SEEK_CUR));
  close(copy);
  SHOW(lseek(fd, 5000, SEEK_SET));
  SHOW(write(fd, "end", 3));
  SHOW(lseek(fd, 0, SEEK_DATA));
  SHOW(lseek(fd, 6000, SEEK_DATA));
  SHOW(lseek(fd, 0, SEEK_END));
}

/* pread64(2) and pwrite64(2), each error that they document. */
static void positions(void) {
  int fd = open("positions", O_CREAT | O_TRUNC | O_RDWR, 0644);
  int reader = open("positions", O_RDONLY), writer = open("positions", O_WRONLY);
  int path = open("positions", O_PATH), directory = open(".", O_RDONLY);
  SHOW(syscall(SYS_pwrite64, fd, "abcdef", 6, 3));
  SHOW(syscall(SYS_pread64, fd, buffer, 4, 5));
  printf("%.4s\n", buffer);
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(syscall(SYS_pread64, fd, buffer, 0, 0));
  SHOW(syscall(SYS_pread64, fd, buffer, 4, 9));
  SHOW(syscall(SYS_pread64, fd, buffer, 4, INT64_MAX));
  SHOW(syscall(SYS_pread64, fd, buffer, 4, INT64_MIN));
  SHOW(syscall(SYS_pread64, fd, bad, 4, 0));
  SHOW(syscall(SYS_pread64, fd, buffer, minus_one, 0));
  SHOW(syscall(SYS_pread64, writer, buffer, 4, 0));
  SHOW(syscall(SYS_pread64, directory, buffer, 4, 0));
  SHOW(syscall(SYS_pread64, path, buffer, 4, 0));
  SHOW(syscall(SYS_pread64, 99, buffer, 4, 0));
  SHOW(syscall(SYS_pwrite64, reader, buffer, 4, 0));
  SHOW(syscall(SYS_pwrite64, fd, bad, 4, 0));
  SHOW(syscall(SYS_pwrite64, fd, buffer, 4, INT64_MIN));
  SHOW(syscall(SYS_pwrite64, 99, buffer, 4, 0));
  close(fd), close(reader), close(writer), close(path), close(directory);
}

static void vectors(int fd) {
  char a[4] = "abc", b[8] = "defghij";
  struct iovec v[3] = {{a, 3}, {NULL, 0}, {b, 7}};
  lseek(fd, 0, SEEK_SET);
  SHOW(writev(fd, v, 3));
  SHOW(pwritev(fd, v, 3, 20));
  SHOW(preadv(fd, v, 3, 20));
  printf("%.3s %.7s\n", a, b);
  SHOW(preadv2_(fd, v, 3, 0, 0));
  lseek(fd, 0, SEEK_SET);
  SHOW(preadv2_(fd, v, 3, -1, 0));
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(preadv2_(fd, v, 3, 0, 1 << 30));
  SHOW(readv(fd, v, minus_one));
  SHOW(readv(fd, v, many_vectors));
  SHOW(readv(fd, bad, 1));
  SHOW(readv(fd, v, 0));
  SHOW(preadv(fd, v, 3, -1));
  struct iovec negative = {a, (size_t)minus_one};
  SHOW(writev(fd, &negative, 1));
  static char cells[20];
  static struct iovec many[20];
  for (int i = 0; i < 20; i++) many[i] = (struct iovec){cells + i, 1};
  SHOW(preadv(fd, many, 20, 0));
  struct iovec partly[2] = {{a, 3}, {bad, 3}};
  SHOW(pwritev(fd, partly, 2, 0));
}

static void bad_memory(int fd) {
  SHOW(pread(fd, bad, 10, 0));
  SHOW(pwrite(fd, bad, 10, 0));
  SHOW(read(fd, bad, 0));
  SHOW(write(fd, buffer, (size_t)minus_one));
  // A buffer that ends where memory does.
  char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  munmap(pages + 4096, 4096);
  SHOW(pread(fd, pages + 4090, 6, 0));
  int pipe_ends[2];
  SHOW_OK(pipe(pipe_ends));
  SHOW(write(pipe_ends[1], "12345678", 8));
  SHOW(read(pipe_ends[0], pages + 4096, 8));
  SHOW(read(pipe_ends[0], buffer, 8));
  SHOW(mprotect(pages, 4096, PROT_READ));
  SHOW(pread(fd, pages, 6, 0));
  close(pipe_ends[0]);
  close(pipe_ends[1]);
}

static void pipes(void) {
  int ends[2];
  SHOW(pipe2(ends, 0x40000000));
  SHOW(pipe(bad));
  SHOW_OK(pipe2(ends, O_NONBLOCK | O_CLOEXEC));
  SHOW(read(ends[0], buffer, 1));
  SHOW(write(ends[0], buffer, 1));
  SHOW(read(ends[1], buffer, 1));
  SHOW(pread(ends[0], buffer, 1, 0));
  SHOW(lseek(ends[0], 0, SEEK_CUR));
  SHOW(fcntl(ends[0], F_GETFD));
  SHOW(fcntl(ends[0], F_GETFL) & O_NONBLOCK);
  SHOW(fcntl(ends[1], F_GETPIPE_SZ));
  SHOW(fcntl(ends[1], F_SETPIPE_SZ, 8192));
  SHOW(fcntl(ends[1], F_SETPIPE_SZ, 1 << 20));
  SHOW(write(ends[1], buffer, sizeof buffer));
  SHOW(write(ends[1], buffer, 1));
  SHOW(close(ends[1]));
  SHOW(read(ends[0], buffer, sizeof buffer));
  SHOW(read(ends[0], buffer, sizeof buffer));
  SHOW(ftruncate(ends[0], 1));
  SHOW(fsync(ends[0]));
  SHOW(syscall(SYS_fadvise64, ends[0], 0, 4096, POSIX_FADV_NORMAL));
  close(ends[0]);
}

static void devices(void) {
  int null = open("/dev/null", O_RDWR), zero = open("/dev/zero", O_RDWR);
  int full = open("/dev/full", O_RDWR), urandom = open("/dev/urandom", O_RDONLY);
  memset(buffer, 1, sizeof buffer);
  SHOW(read(null, buffer, 10));
  SHOW(write(null, buffer, 10));
  SHOW(read(zero, buffer, 10));
  printf("%d %d\n", buffer[9], buffer[10]);
  SHOW(write(full, buffer, 10));
  SHOW(read(full, buffer, 10));
  SHOW(read(urandom, buffer, 16));
  struct stat status;
  fstat(null, &status);
  printf("null: %o %lx\n", status.st_mode, (long)status.st_rdev);
  SHOW(lseek(null, 10, SEEK_SET));
  char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, zero, 0);
  printf("mapped zero: %d\n", map[100]);
  close(null), close(zero), close(full), close(urandom);
}

static void transfers(int fd) {
  int out = open("copy", O_CREAT | O_TRUNC | O_RDWR, 0644);
  off_t offset = 2;
  SHOW(sendfile(out, fd, &offset, 10));
  SHOW(offset);
  SHOW(sendfile(out, fd, bad, 10));
  SHOW(sendfile(99, fd, NULL, 10));
  SHOW(sendfile(out, 99, NULL, 10));
  off_t in_offset = 0, out_offset = 100;
  SHOW(copy_file_range(fd, &in_offset, out, &out_offset, 10, 0));
  SHOW(out_offset);
  SHOW(copy_file_range(fd, NULL, out, NULL, 10, 1));
  SHOW(copy_file_range(99, NULL, out, NULL, 10, 0));
  int readonly = open("copy", O_RDONLY);
  SHOW(copy_file_range(fd, NULL, readonly, NULL, 10, 0));
  close(readonly);
  close(out);
}

// splice() as grep uses it on what it need not read, and each error.
static void splices(int fd) {
  int ends[2], other[2], null = open("/dev/null", O_WRONLY);
  int out = open("spliced", O_CREAT | O_RDWR, 0644);
  pipe(ends), pipe(other);
  loff_t offset = 3, out_offset = 50;
  lseek(fd, 0, SEEK_SET);
  SHOW(splice(fd, &offset, ends[1], NULL, 10, 0));
  SHOW(offset);
  SHOW(lseek(fd, 0, SEEK_CUR));
  SHOW(splice(ends[0], NULL, out, &out_offset, 4, SPLICE_F_MOVE));
  SHOW(out_offset);
  SHOW(splice(ends[0], NULL, other[1], NULL, 2, SPLICE_F_MORE));
  SHOW(splice(ends[0], NULL, null, NULL, 1000, SPLICE_F_MOVE));
  SHOW(splice(ends[0], NULL, null, NULL, 1000, SPLICE_F_NONBLOCK));
  SHOW(splice(other[0], NULL, out, NULL, 1000, SPLICE_F_NONBLOCK));
  memset(buffer, 0, sizeof buffer);
  SHOW(pread(out, buffer, 54, 0));
  SHOW(write(1, buffer + 50, 4));
  SHOW(splice(99, NULL, ends[1], NULL, 0, -1));
  SHOW(splice(99, NULL, ends[1], NULL, 1, 64));
  SHOW(splice(99, NULL, ends[1], NULL, 1, 0));
  SHOW(splice(fd, NULL, 99, NULL, 1, 0));
  SHOW(splice(fd, NULL, out, NULL, 1, 0));
  SHOW(splice(ends[1], NULL, out, NULL, 1, 0));
  SHOW(splice(fd, NULL, ends[0], NULL, 1, 0));
  SHOW(splice(ends[0], NULL, ends[1], NULL, 1, 0));
  SHOW(splice(ends[0], bad, out, NULL, 1, 0));
  SHOW(splice(fd, NULL, ends[1], bad, 1, 0));
  SHOW(splice(fd, bad, ends[1], NULL, 1, 0));
  SHOW(splice(ends[0], NULL, out, bad, 1, 0));
  offset = -1;
  SHOW(splice(fd, &offset, ends[1], NULL, 1, 0));
  close(ends[1]);
  SHOW(splice(ends[0], NULL, null, NULL, 1000, 0));
  close(ends[0]), close(other[0]);
  signal(SIGPIPE, SIG_IGN);
  SHOW(splice(fd, NULL, other[1], NULL, 1, 0));
  close(other[1]), close(null), close(out);
  unlink("spliced");
}

static void sizes(int fd) {
  struct stat status;
  SHOW(ftruncate(fd, 100));
  SHOW(ftruncate(fd, -1));
  SHOW(ftruncate(99, 1));
  fstat(fd, &status);
  printf("size %ld\n", (long)status.st_size);
  SHOW(truncate("data", 50));
  SHOW(truncate("data", -1));
  SHOW(truncate("none", 1));
  SHOW(truncate(".", 1));
  SHOW(truncate("data/x", 1));
  int readonly = open("data", O_RDONLY);
  SHOW(ftruncate(readonly, 1));
  SHOW(fallocate(readonly, 0, 0, 10));
  SHOW(fallocate(fd, 0, -1, 10));
  SHOW(fallocate(fd, 0, 0, 0));
  SHOW(posix_fallocate(fd, 0, 8192));
  fstat(fd, &status);
  printf("size %ld\n", (long)status.st_size);
  SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE, 0, 4096));
  SHOW(fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096));
  SHOW(fsync(fd));
  SHOW(fdatasync(fd));
  SHOW(fsync(99));
  SHOW(syncfs(99));
  SHOW(sync_file_range(fd, 0, 0, 0));
  SHOW(sync_file_range(fd, 0, 0, 1 << 20));
  SHOW(posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL));
  SHOW(posix_fadvise(fd, 0, 0, 99) != 0);
  for (int advice = -1; advice < 8; advice++) SHOW(syscall(SYS_fadvise64, fd, 0, 4096, advice));
  SHOW(syscall(SYS_fadvise64, fd, 0, -1, POSIX_FADV_NORMAL));
  SHOW(syscall(SYS_fadvise64, fd, -1, 4096, POSIX_FADV_NORMAL));
  SHOW(syscall(SYS_fadvise64, 99, 0, 4096, POSIX_FADV_NORMAL));
  int path = open("data", O_PATH);
  SHOW(syscall(SYS_fadvise64, path, 0, 4096, POSIX_FADV_NORMAL));
  close(path);
  SHOW(syscall(SYS_sync));
  SHOW(readahead(fd, 0, 4096));
  SHOW(readahead(99, 0, 4096));
  close(readonly);
}

static void memory_files(void) {
  int fd = memfd_create("name", MFD_CLOEXEC | MFD_ALLOW_SEALING);
  SHOW(write(fd, "memory", 6));
  SHOW(fcntl(fd, F_GETFD));
  SHOW(fcntl(fd, F_GET_SEALS));
  SHOW(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE));
  SHOW(write(fd, "memory", 6));
  SHOW(memfd_create("name", 0x40000000));
  char name[300];
  memset(name, 'n', sizeof name);
  name[249] = 0;
  SHOW_OK(memfd_create(name, 0));
  name[249] = 'n', name[250] = 0;
  SHOW_OK(memfd_create(name, 0));
  close(fd);
}

int main(void) {
  umask(022);
  int fd = open("data", O_CREAT | O_TRUNC | O_RDWR, 0644);
  offsets(fd);
  positions();
  vectors(fd);
  bad_memory(fd);
  pipes();
  devices();
  transfers(fd);
  splices(fd);
  sizes(fd);
  memory_files();
  int inside = open("/tmp/rawposix-data", O_CREAT | O_TRUNC | O_RDWR, 0644);
  offsets(inside);
  vectors(inside);
  bad_memory(inside);
  close(inside);
  unlink("/tmp/rawposix-data");
  SHOW(read(99, buffer, 1));
  SHOW(write(-1, buffer, 1));
  return 0;
}
