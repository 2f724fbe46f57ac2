# `cmake --install`: the library as one archive with its headers, for find_package(tessera), and the
# program. The archive holds every static library that tessera_library needs; what is left for the
# users' linker are Debian's packages.

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
tessera_collect(tessera_library tessera_archives tessera_others)
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
install(TARGETS tessera RUNTIME)
install(FILES ${archive} DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/tessera DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(FILES ${CMAKE_BINARY_DIR}/package/tesseraConfig.cmake
              ${CMAKE_BINARY_DIR}/package/tesseraConfigVersion.cmake
              ${CMAKE_SOURCE_DIR}/cmake/FindSystemC.cmake DESTINATION ${package})
