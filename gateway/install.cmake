# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# What belongs to running the gateway as a service.
set(packaging ${PROJECT_SOURCE_DIR}/packaging)
set(systemd_dir lib/systemd/system CACHE STRING "Where systemd looks for units, below the prefix")
configure_file(${packaging}/systemd/simauth-gateway.service.in simauth-gateway.service @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/simauth-gateway.service DESTINATION ${systemd_dir})
install(FILES ${packaging}/systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME simauth-gateway.conf)
install(FILES ${packaging}/systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME simauth-gateway.conf)
set(docs ${PROJECT_SOURCE_DIR}/docs)
install(FILES ${packaging}/prometheus/simauth-gateway.rules.yml ${docs}/operator-guide.md ${docs}/operator-business.md
              ${docs}/performance.md ${docs}/protocol.md
        DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${docs}/pictures/table1.svg DESTINATION ${CMAKE_INSTALL_DOCDIR}/pictures)
install(FILES ${packaging}/apparmor/usr.sbin.simauth-gateway DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/apparmor.d)
