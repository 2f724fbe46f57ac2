# `cmake --install`: the library as one archive with its headers, for find_package(tessera), and the
# program with its man page, completions and documents. The archive holds tessera_task and every
# static library that it needs; what is left for the users' linker are Debian's packages.

# Static libraries of this project that `target` needs, and everything else that it links.
function(tessera_collect target archives_name others_name)
  set(archives ${${archives_name}})
  set(others ${${others_name}})
  get_target_property(type ${target} TYPE)
  if(type STREQUAL "STATIC_LIBRARY")
    list(APPEND archives ${target})
  endif()
  set(links "")
  foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
    if(property STREQUAL "LINK_LIBRARIES" AND type STREQUAL "INTERFACE_LIBRARY")
      continue()
    endif()
    get_target_property(more ${target} ${property})
    if(more)
      list(APPEND links ${more})
    endif()
  endforeach()
  foreach(link IN LISTS links)
    string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" link "${link}")
    if(NOT TARGET ${link})
      list(APPEND others ${link})
      continue()
    endif()
    get_target_property(imported ${link} IMPORTED)
    if(imported)
      list(APPEND others ${link})
    elseif(NOT link IN_LIST archives)
      tessera_collect(${link} archives others)
    endif()
  endforeach()
  list(REMOVE_DUPLICATES others)
  set(${archives_name} ${archives} PARENT_SCOPE)
  set(${others_name} ${others} PARENT_SCOPE)
endfunction()

set(tessera_archives "")
set(tessera_others "")
tessera_collect(tessera_task tessera_archives tessera_others)
list(REMOVE_ITEM tessera_others nlohmann_json::nlohmann_json) # headers alone, and none of them public
set(archive ${CMAKE_BINARY_DIR}/package/libtessera.a)
set(script "create ${archive}\n")
foreach(library IN LISTS tessera_archives)
  string(APPEND script "addlib $<TARGET_FILE:${library}>\n")
endforeach()
file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/package/archive.mri CONTENT "${script}save\nend\n")
add_custom_command(
  OUTPUT ${archive}
  COMMAND ${CMAKE_AR} -M < ${CMAKE_BINARY_DIR}/package/archive.mri
  DEPENDS ${tessera_archives} ${CMAKE_BINARY_DIR}/package/archive.mri
  VERBATIM)
add_custom_target(tessera_package ALL DEPENDS ${archive})

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/tessera)
list(JOIN tessera_others ";" TESSERA_LINKS)
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/tesseraConfig.cmake.in
  ${CMAKE_BINARY_DIR}/package/tesseraConfig.cmake INSTALL_DESTINATION ${package}
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/package/tesseraConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(TARGETS tessera RUNTIME COMPONENT program)
install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT library)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/tessera DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
        COMPONENT library)
install(FILES ${CMAKE_BINARY_DIR}/package/tesseraConfig.cmake
              ${CMAKE_BINARY_DIR}/package/tesseraConfigVersion.cmake
              ${CMAKE_SOURCE_DIR}/cmake/FindSystemC.cmake DESTINATION ${package}
        COMPONENT library)

# Man page and completions, which the program writes of its own options.
set(written ${CMAKE_BINARY_DIR}/package/written)
add_custom_command(
  OUTPUT ${written}/tessera.1 ${written}/tessera.bash ${written}/_tessera ${written}/tessera.fish
  COMMAND ${CMAKE_COMMAND} -E make_directory ${written}
  COMMAND tessera manual > ${written}/tessera.1
  COMMAND tessera completions bash > ${written}/tessera.bash
  COMMAND tessera completions zsh > ${written}/_tessera
  COMMAND tessera completions fish > ${written}/tessera.fish
  VERBATIM)
add_custom_target(tessera_written ALL DEPENDS ${written}/tessera.1)
install(FILES ${written}/tessera.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT program)
install(FILES ${written}/tessera.bash RENAME tessera COMPONENT program
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES ${written}/_tessera COMPONENT program
        DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
install(FILES ${written}/tessera.fish COMPONENT program
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/CHANGELOG.md
              ${CMAKE_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT program)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/use DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs
        COMPONENT program)

include(TesseraPackages)
