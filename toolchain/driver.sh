#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every command of the toolchain: installed as PREFIX/bin/TARGET-TOOL for both targets, it finds the
# sysroot PREFIX/TARGET from its own place and calls the system's GCC and binutils. TARGET is
# x86_64-cage-linux-musl, or x86_64-native-linux-musl for ordinary programs made with the same musl.
set -eu
unset CDPATH

case $0 in
  */*) self=$0 ;;
  *) self=$(command -v -- "$0") ;;
esac
[ ! -L "$self" ] || self=$(readlink -f -- "$self")
name=${self##*/}
case ${self%/*} in
  /*) bin=${self%/*} ;;
  *) bin=$(cd -- "${self%/*}" && pwd) ;;
esac
target=${name%-linux-musl-*}-linux-musl
tool=${name#"$target-"}
sysroot=${bin%/*}/$target

fail() {
  printf '%s: %s\n' "$name" "$1" >&2
  exit 1
}

# Options that come last, so that a package's hardening flags can't undo what a cage's code needs:
# no code in forms that the rewriter or the verifier refuses, %r11 and %r14 kept free. Merging of equal
# code (crossjumping) is off because it keeps flags alive across the jump of a switch: the comparison
# that all cases begin with moves before it, and an indirect jump in a cage changes the flags.
cage_flags='-m64 -mcmodel=small -ffixed-r11 -ffixed-r14 -mno-tls-direct-seg-refs -fcf-protection=none
  -fno-stack-clash-protection -fno-split-stack -fno-crossjumping -mindirect-branch=keep -mfunction-return=keep
  -fuse-ld=bfd'
# Both targets link static programs at fixed addresses; only natively -static-pie is to be had.
common_flags='-fno-pie -no-pie'

no_shared_objects='shared objects are not supported, programs are linked statically'

# run_gcc gcc|g++ ARGS...
run_gcc() {
  compiler=$1-12
  shift
  flags=$common_flags
  for option; do
    case $target$option in
      *-native-*-static-pie) flags='-fPIE -static-pie' ;;
    esac
    case $option in
      -shared) fail "$no_shared_objects" ;;
      -dumpmachine) echo "$target" && exit ;;
      -print-multiarch) echo && exit ;;
      -print-search-dirs)
        printf 'install: %s/lib/\nprograms: =%s/bin/\nlibraries: =%s/lib/\n' \
          "$sysroot" "$sysroot" "$sysroot"
        exit
        ;;
    esac
  done
  # musl.specs reads it.
  export RAWPOSIX_SYSROOT="$sysroot"
  case $target in *-cage-*) flags="$flags $cage_flags" ;; esac
  # shellcheck disable=SC2086 # a list of words
  exec "$compiler" -B"$sysroot/bin/" -B"$sysroot/lib/" -specs="$sysroot/lib/musl.specs" "$@" $flags
}

run_ld() {
  script=-T"$sysroot/lib/cage.ld"
  for option; do
    case $option in
      -shared | --shared | -Bshareable) fail "$no_shared_objects" ;;
      -pie | --pie | -static-pie | --pic-executable)
        fail 'position-independent executables are not supported' ;;
      -r | -i | -Ur | --relocatable) script= ;;
      -T | -T?* | --script | --script=* | -dT) script= ;;
      -v | -V | --version | --help) exec ld.bfd "$option" ;;
    esac
  done
  # Relaxation would turn verified forms into others; no segment but the text may be executable.
  exec ld.bfd "$@" -static -z noexecstack -z norelro -z max-page-size=4096 \
    --no-relax ${script:+"$script"}
}

case $target-$tool in
  *-gcc | *-cc) run_gcc gcc "$@" ;;
  *-g++ | *-c++) run_gcc g++ "$@" ;;
  *-cpp) run_gcc gcc -E "$@" ;;
  *-cage-*-ld | *-cage-*-ld.bfd) run_ld "$@" ;;
  *-pkg-config)
    export PKG_CONFIG_LIBDIR="$sysroot/lib/pkgconfig:$sysroot/share/pkgconfig"
    export PKG_CONFIG_SYSROOT_DIR="${PKG_CONFIG_SYSROOT_DIR:-}"
    exec pkg-config --static "$@"
    ;;
  *-ar | *-nm | *-ranlib)
    # GCC's own know the plugin that reads objects made with -flto.
    exec "gcc-$tool-12" "$@"
    ;;
  *) exec "$tool" "$@" ;;
esac
