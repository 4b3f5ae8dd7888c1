# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# Operation: running, watching and mending a gateway; its bad days.
set(ops_environment
    "SIMAUTH_GATEWAY=$<TARGET_FILE:simauth-gateway>;SIMAUTH_GATEWAYCTL=$<TARGET_FILE:simauth-gatewayctl>;PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}")

function(add_ops_test name)
    add_test(NAME gateway.ops.${name} COMMAND ${SIMAUTH_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/ops_${name}.py)
    set_tests_properties(gateway.ops.${name} PROPERTIES TIMEOUT 180 ENVIRONMENT "${ops_environment}")
endfunction()

foreach(name backup run schema seal)
    add_ops_test(${name})
endforeach()

# The same with the other store.
if(POSTGRESQL_INITDB)
    foreach(name backup schema seal)
        add_test(NAME gateway.postgresql.ops.${name}
                 COMMAND ${with_postgresql} ${SIMAUTH_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/ops_${name}.py)
        set_tests_properties(gateway.postgresql.ops.${name} PROPERTIES TIMEOUT 180 ENVIRONMENT "${ops_environment}")
    endforeach()
endif()
