# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Operation: running, watching and mending a gateway; its bad days.
set(ops_environment
    "SIMAUTH_GATEWAY=$<TARGET_FILE:simauth-gateway>;SIMAUTH_GATEWAYCTL=$<TARGET_FILE:simauth-gatewayctl>;PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}")

function(add_ops_test name)
    add_test(NAME gateway.ops.${name} COMMAND ${SIMAUTH_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/ops_${name}.py)
    set_tests_properties(gateway.ops.${name} PROPERTIES TIMEOUT 180 ENVIRONMENT "${ops_environment}")
endfunction()

foreach(name backup badday mistakes run schema seal)
    add_ops_test(${name})
endforeach()

add_ops_test(stuck)
set_tests_properties(gateway.ops.stuck PROPERTIES ENVIRONMENT
    "${ops_environment};SIMAUTH_TEST_HANG=$<TARGET_FILE:gateway_hang>")

add_ops_test(clock)
set_tests_properties(gateway.ops.clock PROPERTIES SKIP_RETURN_CODE 77)

if(TARGET simauth-gateway-gsup)
    add_ops_test(hlr)
    set_tests_properties(gateway.ops.hlr PROPERTIES ENVIRONMENT
        "${ops_environment};SIMAUTH_GATEWAY_GSUP=$<TARGET_FILE:simauth-gateway-gsup>")
endif()

# The same with the other store.
add_ops_test(database)
foreach(name backup mistakes schema seal)
    add_test(NAME gateway.postgresql.ops.${name}
             COMMAND ${with_postgresql} ${SIMAUTH_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/ops_${name}.py)
    set_tests_properties(gateway.postgresql.ops.${name} PROPERTIES TIMEOUT 180 ENVIRONMENT "${ops_environment}")
endforeach()

# The operator guide on a machine of its own: half a minute for the machine, where none is kept.
add_ops_test(guide)
set_tests_properties(gateway.ops.guide PROPERTIES LABELS long TIMEOUT 3000 SKIP_RETURN_CODE 77 ENVIRONMENT
    "SIMAUTH_GATEWAY_BUILD=${CMAKE_BINARY_DIR}/gateway")
