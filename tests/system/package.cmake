# Installs BUILD into FOLDER, and builds and runs EXAMPLE with what is there alone.
# cmake -DBUILD=... -DFOLDER=... -DEXAMPLE=... [-DFLAGS=...] -P package.cmake
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE out)
  if(NOT code EQUAL 0)
    message(FATAL_ERROR "${ARGV}: ${code}\n${out}")
  endif()
  set(out "${out}" PARENT_SCOPE)
endfunction()

file(REMOVE_RECURSE ${FOLDER})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${FOLDER}/installed)
file(COPY ${EXAMPLE} DESTINATION ${FOLDER}) # outside of the tree: nothing of it can be found
get_filename_component(name ${EXAMPLE} NAME)
run(${CMAKE_COMMAND} -S ${FOLDER}/${name} -B ${FOLDER}/build
    -DCMAKE_PREFIX_PATH=${FOLDER}/installed "-DCMAKE_CXX_FLAGS=${FLAGS}")
run(${CMAKE_COMMAND} --build ${FOLDER}/build)
run(${FOLDER}/build/windows)
message("${out}")
# A head line, then a line for each window: length, cycles, predicted cycles, error over bound.
string(REGEX MATCHALL "\n +(64|128|256|512) +[1-9][0-9]* +[1-9][0-9]* +0\\.[0-9]+" rows "${out}")
list(LENGTH rows count)
if(NOT count EQUAL 4)
  message(FATAL_ERROR "expected four rows, found ${count}")
endif()
run(${FOLDER}/build/needle)
message("${out}")
string(REGEX MATCHALL "\n +[0-9]+ +(yes +yes|no +no)" rows "${out}")
list(LENGTH rows count)
if(NOT count EQUAL 5)
  message(FATAL_ERROR "expected five needles, found ${count}")
endif()
message("compared 9 rows of the examples, 0 different")
