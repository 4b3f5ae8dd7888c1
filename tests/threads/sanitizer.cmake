# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later

# SIMAUTH_SANITIZE=thread: every program and plugin with ThreadSanitizer, and with what tells it of GLib's locks.
add_compile_options(-fsanitize=thread -fno-omit-frame-pointer -Wno-tsan)
add_link_options(-fsanitize=thread)
pkg_check_modules(GLIB REQUIRED IMPORTED_TARGET glib-2.0>=2.66)
add_library(glib_locks OBJECT ${CMAKE_CURRENT_LIST_DIR}/glib_locks.c)
target_compile_definitions(glib_locks PRIVATE _GNU_SOURCE)
target_include_directories(glib_locks PRIVATE ${GLIB_INCLUDE_DIRS})
function(add_executable name)
    _add_executable(${ARGV})
    if(NOT "${ARGV1}" MATCHES "^(IMPORTED|ALIAS)$")
        target_sources(${name} PRIVATE $<TARGET_OBJECTS:glib_locks>)
        target_link_libraries(${name} PRIVATE PkgConfig::GLIB ${CMAKE_DL_LIBS})
    endif()
endfunction()
