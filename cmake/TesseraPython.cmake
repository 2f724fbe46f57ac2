# Python and pybind11, the system's unless Python_EXECUTABLE says which. Switches TESSERA_PYTHON off
# where one of them is missing: everything else builds without them.
if(NOT Python_EXECUTABLE AND EXISTS /usr/bin/python3)
  set(Python_EXECUTABLE /usr/bin/python3) # whatever is first in PATH
endif()
find_package(Python 3.9 QUIET COMPONENTS Interpreter Development.Module)
if(Python_FOUND)
  find_package(pybind11 2.10 QUIET CONFIG)
endif()
if(NOT Python_FOUND OR NOT pybind11_FOUND)
  message(STATUS "No Python module: python3-dev or pybind11-dev is missing")
  set(TESSERA_PYTHON OFF)
endif()
