#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# link_and_verify.sh VERIFY_TEXT OBJECT...: links each object alone by the script for cages, with a
# stub for every symbol it lacks, and verifies its code.
set -eu
verify=$1
shift
script=$(dirname "$0")/../../toolchain/cage.ld
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for object; do
  {
    echo '.text'
    # Initial-exec accesses need thread-local symbols, the others code.
    readelf -rW "$object" | awk '/GOTTPOFF|TPOFF32/ { print $5 }' | sort -u >"$work/tls"
    nm -u "$object" | awk '{ print $2 }' | sort -u | while read -r symbol; do
      if grep -qxF -- "$symbol" "$work/tls"; then
        echo ".section .tbss,\"awT\",@nobits; .globl $symbol; .type $symbol,@object; $symbol: .zero 8; .text"
      else
        echo ".p2align 5,0xcc; .globl $symbol; $symbol: ud2"
      fi
    done
    echo '.globl _start; .p2align 5,0xcc; _start: ud2; .p2align 5,0xcc'
  } >"$work/stubs.s"
  as -o "$work/stubs.o" "$work/stubs.s"
  ld --no-relax -z noexecstack -T "$script" -o "$work/linked" "$object" "$work/stubs.o"
  "$verify" "$work/linked"
done
