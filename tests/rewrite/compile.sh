#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# compile.sh RAWPOSIX_AS VERIFY_TEXT SOURCE FLAGS...: compiles the C source with the flags of the
# cage compiler and these, assembles it with RAWPOSIX_AS and has the verifier judge the code. Checks
# too that no one-byte nop follows another.
set -eu
as=$1
verify=$2
source=$3
shift 3
here=$(dirname "$0")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
gcc -ffixed-r11 -ffixed-r14 -mno-tls-direct-seg-refs -fcf-protection=none \
  -fno-stack-clash-protection -fno-plt -fno-pie -ftls-model=initial-exec -mcmodel=small \
  -w "$@" -S -o "$work/source.s" "$source"
"$as" -o "$work/object.o" "$work/source.s"
"$here/link_and_verify.sh" "$verify" "$work/object.o"
# Two in a row stay apart only where a branch leads between them or a bundle ends.
objdump -d "$work/object.o" | awk '
  function number(hex,  i, value) {
    for (i = 1; i <= length(hex); ++i) value = value * 16 + index("0123456789abcdef", substr(hex, i, 1)) - 1
    return value
  }
  match($0, /\tj[a-z]+ +[0-9a-f]+ </) {
    split(substr($0, RSTART + 1, RLENGTH - 3), words, " +")
    target[words[2]] = 1
  }
  /\t90 *\tnop *$/ {
    address = substr($1, 1, length($1) - 1)
    at = number(address)
    if (previous == at - 1 && at % 32 != 0) suspect[address] = $0
    previous = at
    next
  }
  NF > 1 { previous = -2 }
  END {
    for (address in suspect) if (!(address in target)) { print "nops: " suspect[address]; bad = 1 }
    exit bad
  }'
