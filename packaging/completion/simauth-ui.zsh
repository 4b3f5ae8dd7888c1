#compdef simauth-ui
# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# zsh completion of simauth-ui; the demo's states are the program's own.
_arguments \
    '--background[watch for calls without a window]' \
    '--page=[show that page first]:page:(now history contacts keys cost sims diagnosis preferences)' \
    '--demo=-[show what no phone is behind]::state:($(simauth-ui --demo=list 2>/dev/null))' \
    '--version[print the version]' \
    '--help[show the options]'
