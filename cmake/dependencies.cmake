# Third-party code. RAWPOSIX_DEPS names a prefix with the static libraries that
# scripts/build-deps makes from Debian's sources; without it the shared ones of
# the distribution serve.
set(RAWPOSIX_DEPS "" CACHE PATH "Prefix with static Zydis and Zycore")
find_package(Threads REQUIRED)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
endif()
if(RAWPOSIX_DEPS)
  # The prefix changes with its content: what an earlier configuration found doesn't count.
  unset(zydis_DIR CACHE)
  find_package(zydis REQUIRED CONFIG PATHS ${RAWPOSIX_DEPS} NO_DEFAULT_PATH)
else()
  find_package(zydis REQUIRED CONFIG)
endif()
