# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# What else runs under the sanitizers, in its own time: they make a gateway three to five times slower.
set(environment
    "SIMAUTH_GATEWAY=$<TARGET_FILE:simauth-gateway>;SIMAUTH_GATEWAYCTL=$<TARGET_FILE:simauth-gatewayctl>;PYTHONPATH=${CMAKE_CURRENT_SOURCE_DIR}")
foreach(name backup run seal)
    add_test(NAME gateway.ops.${name} COMMAND ${SIMAUTH_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/ops_${name}.py)
    list(APPEND sanitized gateway.ops.${name})
endforeach()
add_test(NAME gateway.udm COMMAND ${SIMAUTH_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/test_udm.py)
list(APPEND sanitized gateway.udm)
find_program(OSMO_HLR osmo-hlr)
if(OSMO_HLR AND TARGET simauth-gateway-gsup)
    add_test(NAME gateway.gsup COMMAND ${SIMAUTH_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/test_gsup.py)
    list(APPEND sanitized gateway.gsup)
    list(APPEND environment "SIMAUTH_GATEWAY_GSUP=$<TARGET_FILE:simauth-gateway-gsup>")
endif()
set_tests_properties(${sanitized} PROPERTIES TIMEOUT 300 ENVIRONMENT "${environment}")
file(GLOB POSTGRESQL_INITDB /usr/lib/postgresql/*/bin/initdb)
if(POSTGRESQL_INITDB)
    foreach(name auc store)
        add_test(NAME gateway.postgresql.unit.${name} COMMAND ${SIMAUTH_PYTHON} -B
                 ${CMAKE_CURRENT_SOURCE_DIR}/with_postgresql.py $<TARGET_FILE:gateway_${name}_test>)
    endforeach()
endif()
