#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# cases.sh CASE SOURCE BUILD: one test of debugging; exits 0 if it holds, 77 if the machine can't do it.
set -u
source=$2 build=$3
rawposix=$build/bin/rawposix
cage_cc=$build/bin/x86_64-cage-linux-musl-gcc
here=$source/tests/debug
work=$(mktemp -d)
server=
trap '[[ -z $server ]] || kill "$server" 2>/dev/null; rm -rf "$work"' EXIT
cd "$work" || exit 1
failed=0

complain() { echo "FAILED: $*"; failed=1; }
skip() { echo "skipped: $*"; exit 77; }

program() { "$cage_cc" -g -Og -o "$1" "$here/$1.c" || { complain "$1.c does not compile"; exit 1; }; }

# debug PROGRAM GDB-COMMAND...: a session with the program in a cage. What gdb prints goes to `session`,
# the program's output to `output`, its exit status to `status`. The program's input is `input`.
debug() {
  local name=$1 commands=() command
  shift
  command -v gdb >/dev/null || { complain "gdb is not installed: apt-get install gdb"; exit 1; }
  [[ -e input ]] || : >input
  "$rawposix" run --gdb "$work/socket" "./$name" <input >output 2>&1 &
  server=$!
  for _ in {1..100}; do [[ -S socket ]] && break; sleep 0.05; done
  for command in "set pagination off" "set confirm off" "set debuginfod enabled off" \
    "set style enabled off" "target remote $work/socket" "$@"; do
    commands+=(-ex "$command")
  done
  timeout 60 gdb -nx -batch "${commands[@]}" "$name" >session 2>&1 </dev/null
  wait "$server"
  echo $? >status
  server=
}

# Each line is an extended regular expression; they match lines of FILE in this order.
in_order() {
  local file=$1 pattern line=1 found
  while IFS= read -r pattern; do
    found=$(tail -n "+$line" "$file" | grep -Enm1 -- "$pattern" | cut -d: -f1)
    [[ -n $found ]] || { complain "$file: nothing like '$pattern' after line $line"; break; }
    line=$((line + found))
  done
  ((failed == 0)) || cat "$file"
}

ended_with() { [[ $(<status) == "$1" ]] || complain "exit status $(<status), not $1"; }

case_session() {
  program list
  debug list "break sum" "continue" "bt" "next" "next" "info locals" "step" "bt" "print total + value" \
    "finish" "print *item" "delete" "continue" "bt" "print item" "continue"
  in_order session <<'END'
^Breakpoint 1, sum \(item=(item@entry=)?0xfff[0-9a-f]+\) at .*list\.c:18
^#0  sum \(
^#1  0x[0-9a-f]+ in main \(argc=1, argv=0xfff[0-9a-f]+\) at .*list\.c:29
^total = 0$
^add \(total=0, value=10\) at
^#0  add \(
^#1  0x[0-9a-f]+ in sum \(item=.*list\.c:21
^#2  0x[0-9a-f]+ in main \(.*list\.c:29
^\$1 = 10$
^Value returned is \$2 = 10$
^\$3 = \{value = 10, next = 0xfff
^Program received signal SIGSEGV, Segmentation fault\.$
^#0  sum \(item=0x12345678.*list\.c:21
^#1  0x[0-9a-f]+ in main \(.*list\.c:32
^\$4 = .* 0x12345678$
^Program terminated with signal SIGSEGV
END
  ended_with 139
  in_order output <<'END'
waiting for gdb: target remote /.*/socket
^\./list 1: sum 60$
Segmentation fault \(SIGSEGV\) at address 0x12345678
END
}

case_watch_and_call() {
  program list
  debug list "break main" "continue" "watch calls" "continue" "continue" "print add(40, 2)" \
    "print calls" "delete" "stepi 500" "info registers rip rsp eflags fs_base xmm0" "kill"
  in_order session <<'END'
^Old value = 0$
^New value = 1$
^Old value = 1$
^New value = 2$
^\$1 = 42$
^\$2 = 3$
^rip +0x10
^rsp +0xfff
^fs_base +0x
^xmm0 +\{
END
  ended_with 137
}

case_refuses_interior_addresses() {
  program list
  # Inside the two instructions that make a new stack pointer or a return.
  local inside
  inside=$("${cage_cc%gcc}objdump" -d list | awk '/add +\(%r14\)/ { sub(":", "", $1); print $1; exit }')
  debug list "break *0x$inside" "continue" "delete" "set var \$pc = 0x$inside" "print 6 * 7" "kill"
  in_order session <<'END'
^Cannot insert breakpoint 1\.$
^Could not write register "rip"
^\$1 = 42$
END
}

# ^C while the program waits in a system call, which then goes on as if nothing had been.
case_interrupt() {
  program wait
  mkfifo pipe
  { sleep 3; echo x; } >pipe &
  ln -s pipe input
  debug wait \
    "python import os, signal, threading; threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()" \
    "continue" "info symbol \$pc" "continue"
  in_order session <<'END'
^Program received signal SIGINT, Interrupt\.$
syscall
^\[Inferior 1 .* exited with code 03\]$
END
  ended_with 3
  in_order output <<<'^read 1$'
}

case_interrupt_spinning() {
  program spin
  debug spin \
    "python import os, signal, threading; threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()" \
    "continue" "bt 1" "detach"
  in_order session <<'END'
^Program received signal SIGINT, Interrupt\.$
(hot_function|main) \(.*spin\.c
detached\]$
END
  ended_with 0
  in_order output <<<'^[0-9]+$'
}

case_port() {
  program list
  command -v gdb >/dev/null || { complain "gdb is not installed: apt-get install gdb"; exit 1; }
  "$rawposix" run --gdb :0 ./list >output 2>&1 &
  server=$!
  for _ in {1..100}; do grep -q 'target remote' output && break; sleep 0.05; done
  local where
  where=$(sed -n 's/.*target remote //p' output)
  timeout 60 gdb -nx -batch -ex "target remote $where" -ex "info symbol \$pc" -ex kill list >session 2>&1
  in_order session <<<'^_start in section \.text$'
  "$rawposix" run --gdb 0.0.0.0:1 ./list >refused 2>&1 && complain "listens for other machines"
  in_order refused <<<'this machine alone'
}

case_perf() {
  command -v perf >/dev/null || skip "perf is not installed (apt-get install linux-perf)"
  perf record -q -e cpu-clock -o probe.data true >probe 2>&1 || skip "perf can't record: $(tail -n 1 probe)"
  "$cage_cc" -g -O1 -o spin "$here/spin.c" || complain "spin.c does not compile"
  perf record -q -e cpu-clock -o perf.data "$rawposix" run --perf ./spin >output 2>&1 ||
    complain "perf record: $(cat output)"
  perf report -i perf.data --stdio --sort symbol >report 2>&1
  awk '/hot_function/ && $1 + 0 > 50 { found = 1 } END { exit !found }' report ||
    { complain "hot_function does not lead the report"; cat report; }
  local id
  id=$(perf script -i perf.data -F pid 2>/dev/null | awk '{ print $1; exit }')
  rm -f "/tmp/perf-${id:?}.map"
}

"case_$1"
exit $failed
