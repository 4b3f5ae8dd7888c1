#compdef simauthctl
# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# zsh completion of simauthctl; the words are the program's own.
local -a offered
local first=2
[[ ${words[2]} == --config ]] && first=4
if (( CURRENT == first )); then
    offered=(${(f)"$(simauthctl --help | sed -n 's/^  \([a-z][a-z-]*\).*/\1/p')"} --config --json --version --help)
elif [[ ${words[first]} == settings && ${words[CURRENT-1]} == (get|set|unset) ]]; then
    offered=(${(f)"$(simauthctl settings keys | sed -n 's/^  \([a-z][a-z_]*\).*/\1/p')"})
elif (( CURRENT > first )) && [[ ${words[CURRENT-1]} != (--config|--file) ]]; then
    # The command's synopsis: words in small letters, and options.
    offered=(${(f)"$(simauthctl ${words[first]} --help 2>/dev/null |
        sed -n '1s/([^)]*)//; 1s/^usage: simauthctl [a-z-]*//p' | grep -oE -- '--?[a-z-]+|[a-z]+(-[a-z]+)*')"})
fi
if (( $#offered )); then
    compadd -a offered
else
    _files
fi
