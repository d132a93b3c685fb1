#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cases.sh CASE SOURCE BUILD: one test of the command line; exits 0 if it holds.
set -u
source=$2 build=$3
rawposix=$build/bin/rawposix
cage_cc=$build/bin/x86_64-cage-linux-musl-gcc
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

complain() { echo "FAILED: $*"; failed=1; }

# expect STATUS PATTERN COMMAND...: the command's exit status, and an extended regular expression that what
# it prints (both streams) matches.
expect() {
  local status=$1 pattern=$2 got
  shift 2
  "$@" >"$work/.out" 2>&1 </dev/null
  got=$?
  ((got == status)) || complain "exit $got instead of $status: $*"
  [[ -z $pattern ]] || grep -Eq -- "$pattern" "$work/.out" || complain "no match for '$pattern': $*"
  ((failed == 0)) || head -c 1000 "$work/.out"
}

program() { "$cage_cc" -O1 -x c -o "$1" -; }

case_help() {
  expect 0 'Usage: rawposix' "$rawposix" --help
  expect 0 'HOST:GUEST' "$rawposix" run --help
  expect 0 '[0-9]+\.[0-9]+' "$rawposix" version
  expect 125 'subcommand' "$rawposix"
  expect 125 'no program given' "$rawposix" run
  expect 125 'unknown option --nonsense' "$rawposix" run --nonsense
  for option in root cwd user trace-file gdb core; do
    expect 125 "--$option: the value is empty" "$rawposix" run --$option '' true
  done
  expect 125 'nonsense: no such command' "$rawposix" nonsense
  expect 0 'rawposix [0-9]+\.[0-9]+' "$rawposix" --version
  for words in version syscalls --help 'run --help'; do
    # shellcheck disable=SC2086 # a list
    "$rawposix" $words >/dev/full 2>error && complain "a full disk goes unnoticed by $words"
    grep -q 'standard output: No space left' error || complain "$words on a full disk: $(<error)"
  done
}

case_not_a_program() {
  echo 'just text' >text
  : >empty
  head -c 3000 /dev/urandom >noise
  mkdir directory
  expect 127 'missing: No such file' "$rawposix" run ./missing
  expect 127 'missing: no such program' "$rawposix" run missing
  expect 126 'text: ' "$rawposix" run ./text
  expect 126 'empty: ' "$rawposix" run ./empty
  expect 126 'noise: ' "$rawposix" run ./noise
  expect 126 'directory: ' "$rawposix" run ./directory
  expect 127 'name is empty' "$rawposix" run ''
  echo 'int main(void) { return 0; }' | program unexecutable
  chmod 644 unexecutable
  expect 126 'unexecutable: Permission denied' "$rawposix" run ./unexecutable
}

case_scripts() {
  mkdir given
  echo '#include <stdio.h>
        int main(int c, char **v) { for (int i = 0; i < c; i++) printf("[%s]", v[i]); }' | program given/show
  printf '#!/given/show -x y\nbody\n' >given/script
  printf '#!/given/script\n' >given/nested
  printf '#!/missing/show\n' >given/orphan
  chmod 755 given/*
  expect 0 '^\[/given/show\]\[-x y\]\[/given/script\]\[a b\]$' "$rawposix" run --bind "$work/given:/given" \
    /given/script 'a b'
  expect 0 '^\[/given/show\]\[-x y\]\[/given/script\]\[/given/nested\]\[1\]$' "$rawposix" run \
    --bind "$work/given:/given" /given/nested 1
  expect 0 '\[/given/script\]$' "$rawposix" run --bind "$work/given:/given" --env PATH=/given script
  expect 127 'orphan: its interpreter /missing/show: No such file' "$rawposix" run --bind "$work/given:/given" \
    /given/orphan
  expect 126 'a script; its interpreter' "$rawposix" run ./given/script
}

case_not_for_cages() {
  echo 'int main(void) { return 0; }' | gcc -static -x c -o static -
  echo 'int main(void) { return 0; }' | gcc -x c -o dynamic -
  echo 'int main(void) { return 0; }' | gcc -c -x c -o object.o -
  expect 126 'x86_64-cage-linux-musl-gcc' "$rawposix" run ./static
  expect 126 'dynamic: ' "$rawposix" run ./dynamic
  expect 126 'object.o: ' "$rawposix" run ./object.o
  expect 1 'x86_64-cage-linux-musl-gcc' "$rawposix" verify ./static
}

case_refused_by_the_verifier() {
  echo 'int main(void) { return 0; }' | program good
  expect 0 'good: accepted' "$rawposix" verify good
  # Overwrites the first instruction of the text with a system call.
  offset=$((0x$(readelf -lW good | awk '$1 == "LOAD" && /R E/ {print substr($2, 3)}')))
  cp good bad
  printf '\x0f\x05' | dd of=bad bs=1 seek=$offset conv=notrunc status=none
  expect 1 '0f 05.*syscall' "$rawposix" verify bad
  expect 126 'bad: ' "$rawposix" run ./bad
  expect 1 'accepted' "$rawposix" verify bad good
  expect 2 'No such file' "$rawposix" verify missing
  truncate -s 100 bad
  expect 1 'bad: ' "$rawposix" verify bad
  # Many violations: the first are shown, and how many there are; each is said once.
  cp good bad
  for at in $(seq 0 32 288); do
    printf '\x0f\x05' | dd of=bad bs=1 seek=$((offset + at)) conv=notrunc status=none
  done
  expect 1 'and [0-9]+ more' "$rawposix" verify bad
  (($(grep -c 'more' .out) == 1)) || complain "said more than once: $(<.out)"
  "$rawposix" verify good >/dev/full 2>error && complain 'a full disk goes unnoticed'
  grep -q 'standard output: No space left' error || complain "on a full disk: $(<error)"
}

case_exit_status() {
  echo '#include <stdlib.h>
        int main(int c, char **v) { return c > 1 ? atoi(v[1]) : 0; }' | program status
  expect 0 '' "$rawposix" run ./status
  expect 7 '' "$rawposix" run ./status 7
  expect 255 '' "$rawposix" run ./status -1
  echo 'int main(void) { return *(volatile int *)0; }' | program crash
  expect 139 'crash: Segmentation fault \(SIGSEGV\) at address 0' "$rawposix" run ./crash
}

case_user() {
  echo '#include <stdio.h>
        #include <unistd.h>
        int main(void) {
          printf("%d %d %d, ", getuid(), getegid(), getgroups(0, 0));
          printf("%d\n", setuid(77));
        }' |
    program who
  expect 0 "$(id -u) $(id -g)" "$rawposix" run ./who
  expect 0 '^12 12 0, -1$' "$rawposix" run --user 12 ./who
  expect 0 '^12 34 0, -1$' "$rawposix" run --user 12:34 ./who
  expect 0 '^0 0 0, 0$' "$rawposix" run --user 0 ./who
  for wrong in root 12: :12 -1 4294967295 12:x '12 '; do
    expect 125 '--user .*not UID or UID:GID' "$rawposix" run --user="$wrong" ./who
  done
}

case_arguments_and_environment() {
  echo '#include <stdio.h>
        extern char **environ;
        int main(int c, char **v) {
          for (int i = 1; i < c; i++) printf("[%s]", v[i]);
          for (char **e = environ; *e; e++) printf("<%s>", *e);
        }' | program show
  expect 0 '\[--trace\]\[a b\]\[\]' "$rawposix" run ./show --trace 'a b' ''
  expect 0 '<X=1>' "$rawposix" run --env X=1 ./show
  FROM_HOST=2 expect 0 '<FROM_HOST=2>' "$rawposix" run --env FROM_HOST ./show
  FROM_HOST=2 "$rawposix" run ./show | grep -q FROM_HOST && complain 'environment leaks into the cage'
  expect 0 '\[-x\]' "$rawposix" run --env Y=1 -- ./show -x
  expect 0 '\[--\]\[x\]' "$rawposix" run ./show -- x
  # execve(2): one string of at most 128 KiB, all of at most a quarter of the stack limit.
  long=$(head -c 131071 /dev/zero | tr '\0' x)
  expect 0 'xxx\]' "$rawposix" run ./show "$long"
}

case_streams() {
  echo '#include <stdio.h>
        int main(void) { return puts("text") < 0 || fflush(stdout) ? 9 : 0; }' | program say
  "$rawposix" run ./say >&- && complain 'writing to a closed stream succeeds'
  # Attack: what this process opens for itself takes the place of a stream that is closed, and is the cage's.
  echo '#include <errno.h>
        #include <fcntl.h>
        #include <string.h>
        #include <unistd.h>
        int main(void) {
          char text[16] = "";
          for (int fd = 0; fd < 3; fd++) text[fd] = fcntl(fd, F_GETFD) < 0 && errno == EBADF ? 48 + fd : 45;
          int lowest = open("/dev/null", O_RDONLY);
          text[3] = 48 + lowest;
          int to = open("/w/seen", O_WRONLY | O_CREAT | O_TRUNC, 0600);
          return write(to, text, strlen(text)) != 4;
        }' | program closed
  seen() { [[ $(<seen) == "$1" ]] || complain "closed streams: $(<seen) instead of $1"; }
  "$rawposix" run --bind "$work:/w" ./closed <&- && seen 0--0
  "$rawposix" run --bind "$work:/w" --trace-file trace ./closed <&- && seen 0--0
  "$rawposix" run --bind "$work:/w" ./closed <&- >&- && seen 01-0
  "$rawposix" run --bind "$work:/w" --trace-file trace ./closed <&- >&- 2>&- && seen 0120
  "$rawposix" run --trace-file /dev/full ./say >/dev/null 2>error && complain 'a trace is lost'
  grep -q '/dev/full: No space left' error || complain "a trace on a full disk: $(<error)"
  "$rawposix" run ./say >/dev/full && complain 'a full disk goes unnoticed'
  [[ $("$rawposix" run ./say 2>&1) == text ]] || complain 'output is lost'
  echo '#include <stdio.h>
        int main(void) { for (int c; (c = getchar()) != EOF;) putchar(c); }' | program copy
  head -c 3000000 /dev/urandom >data
  "$rawposix" run ./copy <data | cmp - data || complain 'the copy differs'
  "$rawposix" run ./copy <&- && true
  set +o pipefail
  "$rawposix" run ./copy <data | head -c 10 >/dev/null
  [[ ${PIPESTATUS[0]} == 141 ]] || complain 'a broken pipe is not SIGPIPE'
}

case_files() {
  echo '#include <stdio.h>
        int main(int c, char **v) {
          FILE *f = fopen(v[1], c > 2 ? "w" : "r");
          if (!f) { perror(v[1]); return 1; }
          if (c > 2) return fputs(v[2], f) < 0 || fclose(f);
          for (int x; (x = getc(f)) != EOF;) putchar(x);
        }' | program file
  mkdir given
  echo content >given/a
  expect 1 'No such file' "$rawposix" run ./file "$work/given/a"
  expect 0 'content' "$rawposix" run --bind "$work/given:/data" ./file /data/a
  expect 0 'content' "$rawposix" run --bind "$work/given:/data" --cwd /data ./file a
  expect 0 '' "$rawposix" run --bind "$work/given:/data" ./file /data/b new
  [[ $(cat given/b) == new ]] || complain 'a file was not written'
  expect 1 'Read-only' "$rawposix" run --bind "$work/given:/data:ro" ./file /data/c new
  expect 0 'content' "$rawposix" run --root "$work/given" ./file /a
  expect 125 'nowhere' "$rawposix" run --bind /nowhere:/data ./file /data/a
  expect 125 'give HOST:GUEST' "$rawposix" run --bind nonsense ./file x
  expect 125 'give HOST:GUEST' "$rawposix" run --bind "$work/given:/data:readonly" ./file x
  expect 0 'content' "$rawposix" run --bind "$work/given:/data:rw" ./file /data/a
  expect 125 'nowhere' "$rawposix" run --cwd /nowhere ./file x
  (cd given && expect 0 'content' "$rawposix" run --root / --bind "$work:$work" --cwd . "$work/file" a; exit $failed) ||
    complain 'a relative --cwd'
  expect 125 'nowhere' "$rawposix" run --root /nowhere ./file x
}

case_trace_and_statistics() {
  echo '#include <fcntl.h>
        #include <unistd.h>
        int main(void) { open("/missing", O_RDONLY); return (int)getppid() == 0; }' | program calls
  expect 0 'open(at)?\(.*"/missing".* = -1 ENOENT \(No such file or directory\)' "$rawposix" run --trace ./calls
  expect 0 'exit_group\(0\) = \?' "$rawposix" run --trace ./calls
  echo '#include <fcntl.h>
        #include <signal.h>
        #include <sys/mman.h>
        #include <sys/prctl.h>
        #include <unistd.h>
        int main(int count, char **arguments) {
          (void)arguments;
          int fd = open("file", O_RDWR | O_CREAT | O_CLOEXEC, 0640);
          lseek(fd, 5, SEEK_END);
          mmap(0, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
          mprotect((void *)0x1000, 0, PROT_READ | PROT_WRITE);
          access("file", F_OK);
          access("file", R_OK | X_OK);
          prctl(PR_GET_DUMPABLE);
          write(1, "a\"\n", 3);
          write(1, (void *)8, 3);
          kill(getpid(), 0);
          signal(SIGTERM, SIG_IGN);
          kill(getpid(), SIGTERM);
          char *again[] = {"names", "an argument", 0};
          return count == 2 ? 0 : execve("/proc/self/exe", again, again + 1);
        }' | program names
  expect 0 'a"' "$rawposix" run --trace-file trace ./names
  for line in 'open\("file", O_RDWR\|O_CREAT\|O_LARGEFILE\|O_CLOEXEC, 0640\) = 3' 'lseek\(3, 5, SEEK_END\) = 5' \
              'mmap\(NULL, 4096, PROT_NONE, MAP_PRIVATE\|MAP_ANONYMOUS, -1, 0\)' \
              'mprotect\(0x1000, 0, PROT_READ\|PROT_WRITE\) = 0' 'access\("file", F_OK\) = 0' \
              'access\("file", R_OK\|X_OK\) = -1 EACCES' 'kill\([0-9]+, 0\) = 0' \
              'prctl\(PR_GET_DUMPABLE, ' 'write\(1, "a\\"\\n", 3\) = 3' 'write\(1, 0x8, 3\) = -1 EFAULT' \
              'execve\("/proc/self/exe", \["names", "an argument"\], 0x[0-9a-f]+\) = ' \
              'rt_sigaction\(SIGTERM, ' 'kill\([0-9]+, SIGTERM\) = 0'; do
    grep -q -E -- "$line" trace || complain "the trace lacks $line"
  done
  expect 0 '' "$rawposix" run --trace-file trace ./calls
  grep -q getppid trace || complain 'the trace file lacks a call'
  expect 0 'system calls [0-9]+' "$rawposix" run --stats ./calls
  expect 125 'No such file' "$rawposix" run --trace-file /nowhere/trace ./calls
  echo '#include <sys/wait.h>
        #include <unistd.h>
        int main(void) { if (fork() == 0) return getpgid(0) == 0; wait(0); return 0; }' | program forks
  expect 0 '' "$rawposix" run --trace-file trace ./forks
  grep -q getpgid trace && complain 'the child is traced without -f'
  expect 0 '' "$rawposix" run --trace-file trace -f ./forks
  grep -q getpgid trace || complain 'the child is not traced with -f'
  (($(cut -d' ' -f1 trace | sort -u | wc -l) == 2)) || complain 'lines do not tell whose they are'
  echo '#include <signal.h>
        #include <stdlib.h>
        #include <sys/wait.h>
        #include <unistd.h>
        static void handler(int signal) { (void)signal; }
        int main(void) {
          signal(SIGCHLD, handler);
          if (fork() == 0) _exit(3);
          while (wait(0) < 0) {}
          abort();
        }' | program signals
  expect 134 '' "$rawposix" run --trace-file trace -f ./signals
  for line in '\[3\] \+\+\+ exited with 3 \+\+\+' \
              '\[2\] --- SIGCHLD \{si_signo=SIGCHLD, si_code=CLD_EXITED, si_pid=3, si_uid=[0-9]+, si_status=3\} ---' \
              '\[2\] --- SIGABRT \{si_signo=SIGABRT, si_code=SI_TKILL, si_pid=2, si_uid=[0-9]+\} ---' \
              '\[2\] \+\+\+ killed by SIGABRT \+\+\+'; do
    grep -qE "^$line" trace || complain "the trace lacks $line"
  done
}

case_documentation_is_fresh() {
  "$rawposix" syscalls --markdown >syscalls.md
  diff -u "$source/docs/syscalls.md" syscalls.md ||
    complain 'docs/syscalls.md is stale: build/bin/rawposix syscalls --markdown > docs/syscalls.md'
  expect 0 '39 getpid' "$rawposix" syscalls
}

case_signals_from_outside() {
  echo 'int main(void) { for (;;) ; }' | program spin
  "$rawposix" run ./spin &
  sleep 0.3
  kill -TERM $!
  wait $!
  [[ $? == 143 ]] || complain 'SIGTERM does not end it'
  program catches <<'PROGRAM'
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
static volatile sig_atomic_t caught;
static void on_signal(int number) { caught = number; }
int main(int count, char** arguments) {
  signal(SIGTERM, on_signal);
  signal(SIGUSR1, on_signal);
  puts("ready");
  fflush(stdout);
  while (!caught) if (count == 1) pause();
  printf("%d\n", caught);
  return 5;
}
PROGRAM
  local signal arguments
  for signal in TERM USR1; do
    for arguments in '' spinning; do
      rm -f output
      # shellcheck disable=SC2086 # none, or one
      "$rawposix" run ./catches $arguments > output &
      for _ in {1..100}; do
        [[ -s output ]] && break
        sleep 0.1
      done
      kill -$signal $!
      wait $!
      [[ $? == 5 ]] || complain "a handler of SIG$signal is not run ($arguments)"
      [[ $(< output) == ready$'\n'$(kill -l $signal) ]] || complain "wrong signal: $(< output)"
    done
  done
}

case_ignored_signals() {
  program shows <<'PROGRAM'
#include <signal.h>
#include <stdio.h>
int main(void) {
  for (int signal = 1; signal < 32; signal++) {
    struct sigaction action;
    if (sigaction(signal, 0, &action) == 0 && action.sa_handler == SIG_IGN) printf("%d ", signal);
  }
  raise(SIGHUP);
  return 0;
}
PROGRAM
  (trap '' HUP INT PIPE CHLD; exec "$rawposix" run ./shows >output) || complain 'SIGHUP is not ignored'
  [[ $(<output) == '1 2 13 17 ' ]] || complain "ignored: $(<output)"
  (trap - HUP PIPE; exec "$rawposix" run ./shows >output)
  [[ $? == 129 ]] || complain 'SIGHUP is ignored'
}

# What stops the first cage for good stops the process, so that the user's shell learns of it.
case_stopped_by_a_child() {
  program stops <<'PROGRAM'
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
int main(void) {
  if (fork() == 0) {
    kill(getppid(), SIGSTOP);
    usleep(200000);
    return 3;
  }
  int status = 0;
  while (wait(&status) < 0) continue;
  return WEXITSTATUS(status);
}
PROGRAM
  "$rawposix" run ./stops &
  local state= i
  for i in {1..200}; do
    state=$(ps -o state= -p $!) || break
    [[ $state != T ]] || break
    sleep 0.05
  done
  [[ $state == T ]] || complain "the process is not stopped: '$state'"
  kill -CONT $!
  wait $!
  [[ $? == 3 ]] || complain 'it does not go on'
}

# Signals that the parent blocks stay blocked, and wait (man 2 execve).
case_blocked_signals() {
  program shows <<'PROGRAM'
#include <signal.h>
#include <stdio.h>
#include <unistd.h>
static void on_signal(int number) { printf("caught %d\n", number); }
int main(void) {
  sigset_t blocked, waiting;
  signal(SIGTERM, on_signal);
  sigprocmask(SIG_SETMASK, 0, &blocked);
  for (int signal = 1; signal <= 64; signal++) {
    if (sigismember(&blocked, signal)) printf("blocked %d\n", signal);
  }
  fflush(stdout);
  // Where the signal comes from another process, it may take a while.
  for (int i = 0; i < 1000 && (sigpending(&waiting), !sigismember(&waiting, SIGTERM)); i++) usleep(10000);
  for (int signal = 1; signal <= 64; signal++) {
    if (sigismember(&waiting, signal)) printf("waits %d\n", signal);
  }
  sigemptyset(&blocked);
  sigprocmask(SIG_SETMASK, &blocked, 0);
  return 0;
}
PROGRAM
  python3 - "$rawposix" run ./shows >output <<'PROGRAM' || complain 'a blocked SIGTERM ends it'
import os, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM, signal.SIGSEGV, signal.SIGPIPE, 40])
os.kill(os.getpid(), signal.SIGTERM)
os.execv(sys.argv[1], sys.argv[1:])
PROGRAM
  [[ $(<output) == 'blocked 11'$'\n''blocked 13'$'\n''blocked 15'$'\n''blocked 40'$'\n''waits 15'$'\n''caught 15' ]] ||
    complain "signals: $(<output)"
}

"case_$1" || failed=1
exit $failed
