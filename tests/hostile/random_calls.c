/* SPDX-License-Identifier: Apache-2.0 */
// expect-exit: 0
/* Every call number with random and with chosen nasty arguments. The host must answer each. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static uint64_t state = 0x9e3779b97f4a7c15;
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static char *memory;

static uint64_t argument(void) {
  static const uint64_t nasty[] = {
      0, 1, 2, 3, 7, 64, 4095, 4096, 65535, 65536, 0xfffeffff, 0xffff0000, 0xfffffff8, 0xffffffff,
      0x100000000, 0x7fffffff, 0x80000000, 0x7fffffffffff, 0xffff800000000000, -1ull, -2ull, -100ull,
      -4096ull, 0x8000000000000000, 1ull << 52, 0x100000, 0x101000};
  switch (next() % 4) {
    case 0:
      return nasty[next() % (sizeof nasty / sizeof *nasty)];
    case 1:
      return (uint64_t)memory + next() % 65536;
    case 2:
      return next() % 16;
    default:
      return next() >> (next() % 64);
  }
}

int main(void) {
  memory = mmap(0, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  for (int round = 0; round < 400; round++) {
    for (long number = 0; number < 470; number++) {
      switch (number) {
        case SYS_exit: case SYS_exit_group: case SYS_pause: case SYS_nanosleep:
        case SYS_clock_nanosleep: case SYS_arch_prctl: case SYS_munmap: case SYS_mremap:
        case SYS_mprotect: case SYS_brk: case SYS_mmap: case SYS_madvise: case SYS_rt_sigreturn:
        case SYS_poll: case SYS_ppoll: case SYS_select: case SYS_pselect6: case SYS_read:
        case SYS_readv: case SYS_fork: case SYS_vfork: case SYS_clone: case SYS_clone3:
        case SYS_execve: case SYS_execveat: case SYS_kill: case SYS_tkill: case SYS_tgkill:
        case SYS_close_range: case SYS_flock: case SYS_fcntl: case SYS_setrlimit: case SYS_prlimit64:
        case SYS_fallocate: case SYS_ftruncate: case SYS_truncate: case SYS_copy_file_range:
        case SYS_futex: case SYS_rt_sigsuspend: case SYS_rt_sigtimedwait: case SYS_rt_sigqueueinfo:
        case SYS_rt_tgsigqueueinfo: case SYS_alarm: case SYS_setitimer: case SYS_timer_settime:
        case SYS_sendfile: case SYS_splice: case SYS_write: case SYS_writev: case SYS_pwrite64:
        case SYS_pwritev: case SYS_pwritev2: case SYS_dup2: case SYS_dup3: case SYS_tee: case SYS_vmsplice:
          continue; /* they wait, end the program or fill the disk when they work */
        default:
          break;
      }
      for (int i = 0; i < 65536; i += 8)
        if (next() % 64 == 0) *(uint64_t *)(memory + i) = argument();
      syscall(number, argument(), argument(), argument(), argument(), argument(), argument());
    }
  }
  return 0;
}
