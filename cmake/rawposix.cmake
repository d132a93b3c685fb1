# One CMake library per folder of src/, with its unit tests beside the sources.
#
#   rawposix_library(mm SOURCES vma_set.cc ... DEPENDS sfi host [LINK Zydis::Zydis])
#
# creates the static library rawposix_mm and, where *_test.cc files exist, the
# test program mm_tests registered with CTest as unit.mm.

set(RAWPOSIX_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Werror)
set(RAWPOSIX_HARDENING -fno-strict-aliasing -fno-delete-null-pointer-checks
    -fvisibility=hidden)
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  list(APPEND RAWPOSIX_WARNINGS -Wthread-safety -Wno-c99-designator)
else()
  list(APPEND RAWPOSIX_HARDENING -ftrivial-auto-var-init=zero)
endif()

function(rawposix_library name)
  cmake_parse_arguments(ARG "EXCEPTIONS" "" "SOURCES;DEPENDS;LINK;TEST_LINK" ${ARGN})
  set(target rawposix_${name})
  add_library(${target} STATIC ${ARG_SOURCES})
  target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src)
  target_compile_options(${target} PRIVATE ${RAWPOSIX_WARNINGS} ${RAWPOSIX_HARDENING})
  if(NOT ARG_EXCEPTIONS)
    # Nothing may be thrown through guest frames: they carry no unwind data.
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:CXX>:-fno-exceptions -fno-rtti>)
  endif()
  foreach(dep ${ARG_DEPENDS})
    target_link_libraries(${target} PUBLIC rawposix_${dep})
  endforeach()
  target_link_libraries(${target} PUBLIC ${ARG_LINK})

  file(GLOB tests CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*_test.cc)
  if(tests AND BUILD_TESTING)
    add_executable(${name}_tests ${tests})
    target_compile_options(${name}_tests PRIVATE ${RAWPOSIX_WARNINGS})
    target_link_libraries(${name}_tests PRIVATE ${target} ${ARG_TEST_LINK}
                          GTest::gmock GTest::gtest GTest::gtest_main)
    add_test(NAME unit.${name} COMMAND ${name}_tests)
  endif()
endfunction()
