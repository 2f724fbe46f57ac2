# tessera_verilate(NAME M D LANES INTERLEAVE BUS_BYTES [OPT_FAST ...]): the RTL with these parameters
# as library tessera_rtl_NAME, with any fuses: those are pins. What follows the parameters takes the
# place of the optimisation that all designs have. tessera_rtl_library(): all of them behind one device
# for the platform.
# tessera_verilates(NAME RESULT): whether this build wants the design NAME.
find_package(verilator 5.006 REQUIRED HINTS $ENV{VERILATOR_ROOT})

# For builds that are thrown away: scripts/mutate, scripts/coverage.
set(TESSERA_RTL_ONLY "" CACHE STRING "only these designs, of devices and tests; empty: all")
option(TESSERA_RTL_COVERAGE "count executed lines and toggles: see rtl/sim/verilated_top.cpp" OFF)
if(TESSERA_RTL_COVERAGE)
  set(tessera_rtl_coverage --coverage-line --coverage-toggle)
endif()
option(TESSERA_RTL_FAST_BUILD "compile Verilated code without optimisation, whatever lint says" OFF)
if(TESSERA_RTL_FAST_BUILD)
  set(tessera_rtl_optimise OPT_FAST -O0 OPT_SLOW -O0 OPT_GLOBAL -O1)
  list(APPEND tessera_rtl_args -Wno-fatal)
else()
  set(tessera_rtl_optimise OPT_FAST -O2 OPT_SLOW -O1 OPT_GLOBAL -O2)
endif()

set(tessera_rtl_folder ${CMAKE_SOURCE_DIR}/rtl)
# Packages first, and before all the one that the others use.
file(GLOB tessera_rtl_packages CONFIGURE_DEPENDS
  ${tessera_rtl_folder}/core/*_pkg.sv ${tessera_rtl_folder}/arith/*_pkg.sv)
list(PREPEND tessera_rtl_packages ${tessera_rtl_folder}/core/tessera_pkg.sv)
list(REMOVE_DUPLICATES tessera_rtl_packages)
file(GLOB_RECURSE tessera_rtl_modules CONFIGURE_DEPENDS ${tessera_rtl_folder}/*.sv)
list(FILTER tessera_rtl_modules EXCLUDE REGEX "/rtl/synth/")
list(REMOVE_ITEM tessera_rtl_modules ${tessera_rtl_packages})

function(tessera_verilates name result)
  if(TESSERA_RTL_ONLY AND NOT name IN_LIST TESSERA_RTL_ONLY)
    set(${result} OFF PARENT_SCOPE)
  else()
    set(${result} ON PARENT_SCOPE)
  endif()
endfunction()

function(tessera_verilate name m d lanes interleave bus_bytes)
  tessera_verilates(${name} wanted)
  if(NOT wanted)
    return()
  endif()
  set(optimise ${tessera_rtl_optimise})
  if(ARGN)
    set(optimise ${ARGN})
  endif()
  set(prefix Vtessera_${name})
  add_library(tessera_rtl_${name} STATIC ${tessera_rtl_folder}/sim/verilated_top.cpp)
  target_compile_features(tessera_rtl_${name} PRIVATE cxx_std_17)
  target_include_directories(tessera_rtl_${name} PRIVATE ${CMAKE_SOURCE_DIR})
  target_compile_definitions(tessera_rtl_${name} PRIVATE
    TESSERA_TOP=${prefix} TESSERA_TOP_HEADER="${prefix}.h"
    TESSERA_ROOT_HEADER="${prefix}___024root.h" TESSERA_MAKE=make_${name}_top)
  set(settings ${tessera_rtl_folder}/lint.vlt)
  set(wave "")
  set(waves false)
  if(name IN_LIST TESSERA_RTL_WAVES)
    set(waves true)
    find_package(ZLIB REQUIRED) # FST files are compressed
    set(wave TRACE_FST)
    list(APPEND settings ${tessera_rtl_folder}/waves.vlt)
    target_link_libraries(tessera_rtl_${name} PRIVATE ZLIB::ZLIB)
  endif()
  verilate(tessera_rtl_${name} ${wave} TOP_MODULE tessera_device PREFIX ${prefix}
    SOURCES ${settings} ${tessera_rtl_packages} ${tessera_rtl_modules}
    VERILATOR_ARGS --assert -O3 --x-assign 0 --x-initial 0 --no-timing
      ${tessera_rtl_args} ${tessera_rtl_coverage} -GM=${m} -GD=${d} -GLANES=${lanes}
      -GINTERLEAVE=${interleave} -GBUS_BYTES=${bus_bytes}
    ${optimise})
  set_property(GLOBAL APPEND PROPERTY tessera_rtl_names ${name})
  set_property(GLOBAL APPEND_STRING PROPERTY tessera_rtl_declarations
    "std::unique_ptr<VerilatedTop> make_${name}_top(const spec::DeviceParams& params, const std::string& wave);\n")
  set_property(GLOBAL APPEND_STRING PROPERTY tessera_rtl_choices
    "    if (is(${m}, ${d}, ${lanes}, ${interleave}, ${bus_bytes})) return {make_${name}_top, ${waves}};\n")
endfunction()

# tessera_verilate_device(DEVICE): the same for a preset, or for the path of a device's .json file.
function(tessera_verilate_device device)
  set(file ${CMAKE_SOURCE_DIR}/configs/devices/${device}.json)
  if(device MATCHES "[.]json$")
    get_filename_component(file ${device} ABSOLUTE BASE_DIR ${CMAKE_SOURCE_DIR})
  endif()
  if(NOT EXISTS ${file})
    message(FATAL_ERROR "TESSERA_RTL_DEVICES: ${device}: there is no file ${file}")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  file(READ ${file} json)
  set(values "")
  foreach(key M D LANES INTERLEAVE BUS_BYTES)
    string(JSON value GET ${json} ${key})
    list(APPEND values ${value})
  endforeach()
  get_filename_component(name ${file} NAME_WE)
  string(MAKE_C_IDENTIFIER ${name} name)
  tessera_verilate(${name} ${values})
  # What a message offers: the designs of tests are no devices.
  tessera_verilates(${name} wanted)
  if(wanted)
    set_property(GLOBAL APPEND PROPERTY tessera_rtl_devices ${device})
  endif()
endfunction()

function(tessera_rtl_library)
  get_property(names GLOBAL PROPERTY tessera_rtl_names)
  get_property(TESSERA_TOP_DECLARATIONS GLOBAL PROPERTY tessera_rtl_declarations)
  get_property(TESSERA_TOP_CHOICES GLOBAL PROPERTY tessera_rtl_choices)
  get_property(devices GLOBAL PROPERTY tessera_rtl_devices)
  list(JOIN devices ", " TESSERA_TOP_NAMES)
  configure_file(${tessera_rtl_folder}/sim/verilated_tops.cpp.in
    ${CMAKE_BINARY_DIR}/generated/verilated_tops.cpp @ONLY)
  add_library(tessera_rtl STATIC ${tessera_rtl_folder}/sim/rtl_device.cpp
    ${CMAKE_BINARY_DIR}/generated/verilated_tops.cpp)
  target_link_libraries(tessera_rtl PUBLIC tessera_hw_model)
  foreach(name IN LISTS names)
    target_link_libraries(tessera_rtl PRIVATE tessera_rtl_${name})
  endforeach()
endfunction()
