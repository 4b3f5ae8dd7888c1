#compdef simauth-gatewayctl
# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# zsh completion of simauth-gatewayctl; the words are the program's own.
local -a offered
local first=2 help
[[ ${words[2]} == --config ]] && first=4
help="$(simauth-gatewayctl help)"
if (( CURRENT == first )); then
    offered=(${(fu)"$(sed -n 's/^  \([a-z][a-z-]*\).*/\1/p' <<<$help)"} --config --version)
elif (( CURRENT == first + 1 )); then
    offered=(${(fu)"$(sed -n "s/^  ${words[first]} \([a-z][a-z-]*\).*/\1/p" <<<$help)"})
else
    # A command's synopsis may take more lines, each beginning with an option.
    offered=(${(fu)"$(sed -n "/^  ${words[first]} ${words[first+1]}\>/,/^      [^[-]/p" <<<$help | grep -oE -- '--[a-z-]+')"})
fi
(( $#offered )) && compadd -a offered
(( CURRENT <= first + 1 && $#offered )) || _files
