# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later

# Programs that run in valgrind wherever a test starts them.
foreach(program simauth-gateway simauth-gatewayctl)
    file(GENERATE OUTPUT ${CMAKE_CURRENT_BINARY_DIR}/bin/${program} CONTENT
"#!/bin/sh
exec ${CMAKE_CURRENT_SOURCE_DIR}/valgrind -- $<TARGET_FILE:${program}> \"$@\"
" FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
endforeach()

# The plugin, in an untouched linphone-daemon in valgrind: first a mistake that has to be found.
torture_cases(torture.valgrind.planted valgrind 600 --planted)
torture_cases(torture.valgrind.calls.sims valgrind 1800 call.authenticated call.gsm.mixed stp.second)
torture_cases(torture.valgrind.calls.servers valgrind 1800 agt.call sips.call e2m.call)
list(APPEND long torture.valgrind.planted torture.valgrind.calls.sims torture.valgrind.calls.servers)

# The library's own tests, and what a gateway and its commands do for a call. (session.wiped reads on purpose what was freed,
# key_memory all that is mapped; session.walk is the same code some hundred thousand times.)
add_test(NAME torture.valgrind.lib
         COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/valgrind --tests ${PROJECT_BINARY_DIR} "^(lib|e2m)\\."
                 --not "\\.(fuzz|model|mutation|coverage|instructions)|session\\.(walk|wiped)$|key_memory$")
add_test(NAME torture.valgrind.gateway
         COMMAND ${SIMAUTH_PYTHON} -B ${PROJECT_SOURCE_DIR}/tests/gateway/test_call.py
                 Call.test_call Call.test_auts_of_callee Call.test_same_operator)
set_tests_properties(torture.valgrind.lib torture.valgrind.gateway PROPERTIES TIMEOUT 3600) # seventeen minutes at a load of ten
set(gateway ${PROJECT_SOURCE_DIR}/tests/gateway)
set_tests_properties(torture.valgrind.gateway PROPERTIES ENVIRONMENT
    "SIMAUTH_GATEWAY=${CMAKE_CURRENT_BINARY_DIR}/bin/simauth-gateway;SIMAUTH_GATEWAYCTL=${CMAKE_CURRENT_BINARY_DIR}/bin/simauth-gatewayctl;PYTHONPATH=${gateway};SIMAUTH_TEST_SLOWER=20")

# Everything once more with ThreadSanitizer, in a build of its own.
add_test(NAME torture.threads COMMAND ${SIMAUTH_PYTHON} -B ${PROJECT_SOURCE_DIR}/tests/threads/run --work ${PROJECT_BINARY_DIR}/threads)
set_tests_properties(torture.threads PROPERTIES TIMEOUT 3600)
list(APPEND long torture.valgrind.lib torture.valgrind.gateway torture.threads)
set_tests_properties(${long} PROPERTIES LABELS long)
