# Writes "{number, "name"}," for each system call of the UAPI header INPUT to OUTPUT.
file(STRINGS ${INPUT} lines REGEX "^#define __NR_[a-z0-9_]+ [0-9]+")
set(text "")
foreach(line IN LISTS lines)
  string(REGEX REPLACE "^#define __NR_([a-z0-9_]+) ([0-9]+).*" "{\\2, \"\\1\"},\n" entry "${line}")
  string(APPEND text "${entry}")
endforeach()
file(WRITE ${OUTPUT} "${text}")
