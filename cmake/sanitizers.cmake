# RAWPOSIX_SANITIZE: "address,undefined", "thread" or empty.
set(RAWPOSIX_SANITIZE "" CACHE STRING "Sanitizers to build the host code with")
if(RAWPOSIX_SANITIZE)
  # vptr needs RTTI, which the runtime is built without.
  add_compile_options(-fsanitize=${RAWPOSIX_SANITIZE} -fno-sanitize=vptr
                      -fno-sanitize-recover=undefined -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${RAWPOSIX_SANITIZE})
endif()
