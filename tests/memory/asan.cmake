# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
add_test(NAME plugin.stage
         COMMAND ${CMAKE_COMMAND} -E env DESTDIR=${PROJECT_BINARY_DIR}/stage
                 ${CMAKE_COMMAND} --install ${PROJECT_BINARY_DIR})
set_tests_properties(plugin.stage PROPERTIES FIXTURES_SETUP stage TIMEOUT 60)

# Preloaded beside the sanitizer's runtime.
add_library(first MODULE first.c)
set_target_properties(first PROPERTIES PREFIX "")
target_compile_options(first PRIVATE -fno-sanitize=all)
target_link_options(first PRIVATE -fno-sanitize=all -Wl,-z,initfirst)

torture_cases(call.authenticated asan 120 call.authenticated)
torture_cases(call.planted asan 120 --planted)

torture_cases(torture.asan.calls asan 1500
    call.gsm.mixed call.akap stp.second agt.call sips.call e2m.call e2m.token.phones call.transfer.blind call.fork.right_one)
set_tests_properties(torture.asan.calls PROPERTIES LABELS long)

set(ASAN_SHARDS 10)
# The ordinary cases of worlds whose phones have the plugin, in shards of some ten minutes; asan.left_out says which not, and why.
set(listing ${CMAKE_CURRENT_SOURCE_DIR}/asan.left_out)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${listing} ${PROJECT_SOURCE_DIR}/tests/integration/case)
execute_process(COMMAND ${SIMAUTH_PYTHON} -B ${PROJECT_SOURCE_DIR}/tests/integration/case --list
                OUTPUT_VARIABLE cases OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
string(REPLACE "\n" ";" cases "${cases}")
string(REPLACE "|" "," cases "${cases}")
list(FILTER cases INCLUDE REGEX "^(attack|call|stp|agt|sips|e2m)[.][^,]*,,.*,1$") # no label; with the product
list(TRANSFORM cases REPLACE ",.*" "")
file(STRINGS ${listing} lines REGEX "^[^#]+:")
foreach(line ${lines})
    string(REGEX REPLACE ":.*" "" names "${line}")
    string(REPLACE " " ";" names "${names}")
    foreach(name ${names})
        string(REPLACE "." "[.]" pattern "${name}")
        string(REPLACE "*" ".*" pattern "${pattern}")
        set(before "${cases}")
        list(FILTER cases EXCLUDE REGEX "^${pattern}$")
        if(before STREQUAL cases)
            message(WARNING "${listing}: there is no such case: ${name}")
        endif()
    endforeach()
endforeach()
set(number 0)
foreach(name ${cases})
    math(EXPR shard "${number} % ${ASAN_SHARDS}")
    list(APPEND shard_${shard} ${name})
    math(EXPR number "${number} + 1")
endforeach()
math(EXPR last "${ASAN_SHARDS} - 1")
foreach(shard RANGE ${last})
    torture_cases(torture.asan.${shard} asan 2700 ${shard_${shard}})
    set_tests_properties(torture.asan.${shard} PROPERTIES LABELS long)
endforeach()
