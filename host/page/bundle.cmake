# cmake -D NPM= -D NODE= -D SOURCE= -D FOLDER= -D TESTS= -P bundle.cmake
# Writes FOLDER/page_data.cpp; where npm fails, the one without a page, and says so.
file(COPY ${SOURCE}/package.json ${SOURCE}/package-lock.json DESTINATION ${FOLDER})
set(omit "")
if(NOT TESTS)
  set(omit --omit=dev)
endif()
function(run_here what)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${FOLDER}
    RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  set(failed "${failed}" PARENT_SCOPE)
  if(failed)
    string(REGEX REPLACE "\n.*" "" first "${output}")
    message(WARNING "${what} failed: ${first}\ntessera will not write report.html")
    configure_file(${SOURCE}/no_page.cpp ${FOLDER}/page_data.cpp COPYONLY)
    file(REMOVE ${FOLDER}/node_modules/.package-lock.json)
  endif()
endfunction()

# --ignore-scripts: no package of these needs one.
run_here("npm ci" ${NPM} ci ${omit} --ignore-scripts --no-audit --no-fund --prefer-offline)
if(NOT failed)
  run_here("bundling" ${NODE} ${SOURCE}/build.mjs ${FOLDER})
endif()
