# Third-party code. RAWPOSIX_DEPS names the prefix that scripts/build-deps makes; without it the
# distribution's own packages serve.
set(RAWPOSIX_DEPS "" CACHE PATH "Prefix of scripts/build-deps")
find_package(Threads REQUIRED)
if(BUILD_TESTING)
  find_package(GTest REQUIRED)
endif()
foreach(package zydis CLI11)
  if(RAWPOSIX_DEPS)
    # The prefix changes with its content: what an earlier configuration found doesn't count.
    unset(${package}_DIR CACHE)
    find_package(${package} REQUIRED CONFIG PATHS ${RAWPOSIX_DEPS} NO_DEFAULT_PATH)
  else()
    find_package(${package} REQUIRED CONFIG)
  endif()
endforeach()
