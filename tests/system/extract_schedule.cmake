# cmake -DPAGE=page.md -DOUTPUT=schedule.h -P extract_schedule.cmake: the page's one block of C++ as
# the header that the page says it is in.
file(READ ${PAGE} page)
string(FIND "${page}" "```cpp\n" begin)
if(begin EQUAL -1)
  message(FATAL_ERROR "${PAGE} has no block of C++")
endif()
math(EXPR begin "${begin} + 7")
string(SUBSTRING "${page}" ${begin} -1 code)
string(FIND "${code}" "```\n" end)
string(SUBSTRING "${code}" 0 ${end} code)
file(WRITE ${OUTPUT} "#pragma once\n#include \"firmware/plan/schedule.h\"\n\nnamespace tessera::fw {\n\n"
                     "${code}\n}  // namespace tessera::fw\n")
