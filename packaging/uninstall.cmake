# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# cmake -DMANIFEST=BUILD/install_manifest.txt -P uninstall.cmake: removes what was installed; DESTDIR as it was then.
if(NOT EXISTS "${MANIFEST}")
    message(FATAL_ERROR "${MANIFEST} is not there: nothing was installed from this build")
endif()
file(STRINGS "${MANIFEST}" files)
set(folders)
foreach(file IN LISTS files)
    file(REMOVE "$ENV{DESTDIR}${file}")
    message(STATUS "removed $ENV{DESTDIR}${file}")
    get_filename_component(folder "${file}" DIRECTORY)
    if(folder MATCHES "simauth")
        list(APPEND folders "$ENV{DESTDIR}${folder}")
    endif()
endforeach()
# Folders with our name in them were made by us; one with something else in it stays.
list(REMOVE_DUPLICATES folders)
foreach(folder IN LISTS folders)
    file(GLOB left "${folder}/*")
    if(NOT left AND IS_DIRECTORY "${folder}")
        file(REMOVE_RECURSE "${folder}")
    endif()
endforeach()
