# What the build needs, with the oldest versions it is tested with (Debian 12's). Every unmet one is
# named in one message; scripts/setup installs them all.
set(tessera_unmet "")

function(tessera_check name minimum found version)
  if(NOT found)
    list(APPEND tessera_unmet "${name} ${minimum} or newer: not found")
  elseif(version AND version VERSION_LESS minimum)
    list(APPEND tessera_unmet "${name} ${minimum} or newer: found ${version}")
  endif()
  set(tessera_unmet "${tessera_unmet}" PARENT_SCOPE)
endfunction()

# A macro: some packages set variables for their users (Catch2 its module path).
macro(tessera_package name minimum)
  find_package(${name} QUIET ${ARGN})
  tessera_check(${name} ${minimum} "${${name}_FOUND}" "${${name}_VERSION}")
endmacro()

if(NOT CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$" OR NOT CMAKE_SIZEOF_VOID_P EQUAL 8)
  message(FATAL_ERROR
    "Tessera builds for 64-bit x86 processors only, not for '${CMAKE_SYSTEM_PROCESSOR}' "
    "with pointers of ${CMAKE_SIZEOF_VOID_P} bytes.")
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  tessera_check(g++ 12 TRUE "${CMAKE_CXX_COMPILER_VERSION}")
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  tessera_check(clang++ 14 TRUE "${CMAKE_CXX_COMPILER_VERSION}")
else()
  message(WARNING "${CMAKE_CXX_COMPILER_ID} is an untested compiler; tested are GCC and Clang.")
endif()

find_package(Threads REQUIRED)
tessera_package(SystemC 2.3.4 MODULE)
tessera_package(fmt 9.1.0 CONFIG)
tessera_package(nlohmann_json 3.11.2 CONFIG)
tessera_package(CLI11 2.1.2 CONFIG)
tessera_package(SQLite3 3.40 MODULE)
if(TESSERA_TESTS)
  tessera_package(Catch2 2.13.10 CONFIG)
endif()
if(TESSERA_BENCH)
  tessera_package(benchmark 1.7.1 CONFIG)
endif()

if(tessera_unmet)
  list(JOIN tessera_unmet "\n  " lines)
  message(FATAL_ERROR "Tessera needs\n  ${lines}\nscripts/setup installs all of these on Debian 12.")
endif()
