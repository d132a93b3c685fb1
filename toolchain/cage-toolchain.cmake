# SPDX-License-Identifier: Apache-2.0
# CMake toolchain file: cmake -DCMAKE_TOOLCHAIN_FILE=.../share/cage-toolchain.cmake
get_filename_component(RAWPOSIX_SYSROOT "${CMAKE_CURRENT_LIST_DIR}/.." ABSOLUTE)
get_filename_component(RAWPOSIX_BIN "${RAWPOSIX_SYSROOT}/../bin" ABSOLUTE)

set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(CMAKE_LIBRARY_ARCHITECTURE "")
foreach(language C ASM)
  set(CMAKE_${language}_COMPILER "${RAWPOSIX_BIN}/x86_64-cage-linux-musl-gcc")
endforeach()
foreach(tool AR RANLIB NM STRIP OBJCOPY OBJDUMP READELF)
  string(TOLOWER ${tool} name)
  set(CMAKE_${tool} "${RAWPOSIX_BIN}/x86_64-cage-linux-musl-${name}")
  # CMake takes what it finds beside gcc for these.
  set(CMAKE_C_COMPILER_${tool} "${CMAKE_${tool}}")
endforeach()
set(PKG_CONFIG_EXECUTABLE "${RAWPOSIX_BIN}/x86_64-cage-linux-musl-pkg-config")

set(CMAKE_FIND_ROOT_PATH "${RAWPOSIX_SYSROOT}")
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)

# Cages run static programs.
set(BUILD_SHARED_LIBS OFF CACHE BOOL "Build shared libraries")
if(EXISTS "${RAWPOSIX_BIN}/rawposix" AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  set(CMAKE_CROSSCOMPILING_EMULATOR "${RAWPOSIX_BIN}/rawposix;run;--root;/;--bind;/tmp:/tmp;--cwd;.")
endif()
