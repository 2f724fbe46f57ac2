# `cpack`: Debian packages tessera, libtessera-dev and python3-tessera, from the same files as
# `cmake --install` (docs/use/install.md).
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "Tessera <tessera@localhost>")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY ${CMAKE_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL program library)
if(TESSERA_PYTHON)
  list(APPEND CPACK_COMPONENTS_ALL python)
endif()
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON) # what the files link
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME tessera)
set(CPACK_COMPONENT_PROGRAM_DESCRIPTION
    "Exact attention over long contexts on a simulated accelerator\n The command, its documents, man page and completions.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libtessera-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS OFF) # an archive links nothing yet
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS "libfmt-dev, libsystemc-dev, libutf8proc-dev, nettle-dev, zlib1g-dev")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION "Library and headers of Tessera")
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-tessera)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3 (>= ${Python_VERSION_MAJOR}.${Python_VERSION_MINOR}), python3-numpy")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_COMPONENT_PYTHON_DESCRIPTION "Python package of Tessera")
include(CPack)
