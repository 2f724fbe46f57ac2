# How every C++ target of the project is compiled; link against tessera_options to get it.
find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
endif()

add_library(tessera_options INTERFACE)
target_include_directories(tessera_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(tessera_options INTERFACE
  -Wall -Wextra -Wshadow -Wconversion -Werror
  -ffp-contract=off) # a multiply-add is two operations: docs/contract/device.md, section 5
if(TESSERA_SANITIZE)
  target_compile_options(tessera_options INTERFACE
    -fsanitize=${TESSERA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer
    -Wno-maybe-uninitialized) # false alarms of GCC 12 in instrumented library code
  target_link_options(tessera_options INTERFACE -fsanitize=${TESSERA_SANITIZE})
endif()

# For code that runs once a simulation, full of templates for options, JSON and text: optimised less,
# it compiles in two thirds of the time. Link it PRIVATE.
add_library(tessera_cold INTERFACE)
target_compile_options(tessera_cold INTERFACE $<$<NOT:$<CONFIG:Debug>>:-O1>)
