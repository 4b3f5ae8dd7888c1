#compdef simauthctl
# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# zsh completion of simauthctl; the words are the program's own.
local -a words
if (( CURRENT == 2 )); then
    words=(${(f)"$(simauthctl --help | sed -n 's/^  \([a-z][a-z-]*\).*/\1/p')"} --config --json --version --help)
elif [[ ${words[2]} == settings && ${words[CURRENT-1]} == (get|set|unset) ]]; then
    words=(${(f)"$(simauthctl settings keys | sed -n 's/^  \([a-z][a-z_]*\).*/\1/p')"})
else
    _files
    return
fi
compadd -a words
