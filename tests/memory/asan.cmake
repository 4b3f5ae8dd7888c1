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
