# Installs BUILD into FOLDER, and builds and runs EXAMPLE with what is there alone. Looks whether
# man page and completions are there, and are what their readers take.
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

set(share ${FOLDER}/installed/share)
foreach(file man/man1/tessera.1 bash-completion/completions/tessera
             zsh/vendor-completions/_tessera fish/vendor_completions.d/tessera.fish
             doc/tessera/README.md doc/tessera/docs/use/cli.md)
  if(NOT EXISTS ${share}/${file})
    message(FATAL_ERROR "not installed: ${file}")
  endif()
endforeach()
run(${FOLDER}/installed/bin/tessera devices)
# Typing `tessera run --mask c<tab>`, and so on, in bash.
function(completes line expected)
  run(bash -c "source ${share}/bash-completion/completions/tessera
               COMP_WORDS=(${line})
               COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
               compopt() { return 0\n}
               _tessera
               echo \"\${COMPREPLY[*]}\"") # no semicolon: it would end an argument
  string(STRIP "${out}" out)
  if(NOT out STREQUAL expected)
    message(FATAL_ERROR "${line}: completes to '${out}', expected '${expected}'")
  endif()
endfunction()
completes("tessera comp" "compare completions")
completes("tessera run --mask ca" "causal")
completes("tessera run --schedule kv" "kv-resident")
completes("tessera run --dev" "--device")
completes("tessera run --device sm" "small")
completes("tessera verify ge" "gemm")
run(zsh -n ${share}/zsh/vendor-completions/_tessera)
run(fish -n ${share}/fish/vendor_completions.d/tessera.fish)
run(fish -c "source ${share}/fish/vendor_completions.d/tessera.fish
             complete -C 'tessera run --mask ca'")
if(NOT out MATCHES "^causal")
  message(FATAL_ERROR "fish completes to '${out}', expected causal")
endif()
run(man --warnings=w -l -Tutf8 ${share}/man/man1/tessera.1)
if(NOT out MATCHES "NO_COLOR" OR out MATCHES "warning:")
  message(FATAL_ERROR "the man page: ${out}")
endif()
message("compared 7 completions and 6 installed files, 0 different")
