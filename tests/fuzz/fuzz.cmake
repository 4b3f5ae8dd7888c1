# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later

# simauth_fuzz(NAME PART RUNS SOURCE... LIBS LIBRARY... [CORPUS FOLDER] [WRAP FUNCTION...])
#
# A target is one source with LLVMFuzzerTestOneInput() and a folder of inputs (corpus/NAME beside it). Ordinarily it is a
# program that eats that folder and then RUNS inputs made of it, the same each time (replay.c): the test PART.fuzz.NAME. With
# SIMAUTH_FUZZ and clang it is a libFuzzer program; tests/fuzz/run builds and runs all of those.
set(SIMAUTH_FUZZ_FOLDER ${CMAKE_CURRENT_LIST_DIR})
add_custom_target(fuzz_targets)
# What WRAP names is replaced where the part under test calls it, so that nothing waits, or reaches the machine.
function(simauth_fuzz name part runs)
    cmake_parse_arguments(PARSE_ARGV 3 arg "" "CORPUS" "LIBS;WRAP")
    if(NOT arg_CORPUS)
        set(arg_CORPUS ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
    endif()
    add_executable(fuzz_${name} ${arg_UNPARSED_ARGUMENTS})
    target_include_directories(fuzz_${name} PRIVATE ${SIMAUTH_FUZZ_FOLDER})
    target_link_libraries(fuzz_${name} PRIVATE ${arg_LIBS} simauth_build_flags)
    foreach(wrapped IN LISTS arg_WRAP)
        target_link_options(fuzz_${name} PRIVATE -Wl,--wrap=${wrapped})
    endforeach()
    if(SIMAUTH_FUZZ)
        target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
        set(runs 0)
    else()
        target_sources(fuzz_${name} PRIVATE ${SIMAUTH_FUZZ_FOLDER}/replay.c ${SIMAUTH_FUZZ_FOLDER}/mutator.c)
    endif()
    add_dependencies(fuzz_targets fuzz_${name})
    # For tests/fuzz/run: which programs there are, and where their corpora (build/fuzz.list, written by tests/CMakeLists.txt).
    set_property(GLOBAL APPEND PROPERTY SIMAUTH_FUZZ_LIST "${name} $<TARGET_FILE:fuzz_${name}> ${arg_CORPUS}")
    add_test(NAME ${part}.fuzz.${name} COMMAND fuzz_${name} -runs=${runs} -seed=1 ${arg_CORPUS})
    set_tests_properties(${part}.fuzz.${name} PROPERTIES TIMEOUT 180)
endfunction()
