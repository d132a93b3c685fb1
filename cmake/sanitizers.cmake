# RAWPOSIX_SANITIZE: "address,undefined", "thread" or empty.
set(RAWPOSIX_SANITIZE "" CACHE STRING "Sanitizers to build the host code with")
if(RAWPOSIX_SANITIZE)
  add_compile_options(-fsanitize=${RAWPOSIX_SANITIZE} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RAWPOSIX_SANITIZE})
endif()
