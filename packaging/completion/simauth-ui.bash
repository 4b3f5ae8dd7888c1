# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion of simauth-ui; the demo's states are the program's own.
_simauth_ui()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}
    local pages="now history contacts keys cost sims diagnosis preferences"

    [[ $word == = ]] && word=
    [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]}
    case $before in
    --page) mapfile -t COMPREPLY < <(compgen -W "$pages" -- "$word") ;;
    --demo) mapfile -t COMPREPLY < <(compgen -W "$(simauth-ui --demo=list 2>/dev/null)" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -W "--background --page= --demo --demo= --version --help" -- "$word")
       [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace ;;
    esac
}
complete -F _simauth_ui simauth-ui
