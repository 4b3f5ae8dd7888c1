# SPDX-FileCopyrightText: 2026 The SIMAUTH authors
# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion of simauthctl. The words are asked of the program itself, so none can be missing here.
_simauthctl()
{
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} first=1 words=""
    [[ ${COMP_WORDS[1]} == --config ]] && first=3
    if [[ $previous == --config || $previous == --file ]]; then
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
    fi
    if ((COMP_CWORD <= first)); then
        words="--config --json --version --help $(simauthctl --help | sed -n 's/^  \([a-z][a-z-]*\).*/\1/p')"
    elif [[ ${COMP_WORDS[first]} == settings && $previous =~ ^(get|set|unset)$ ]]; then
        words=$(simauthctl settings keys | sed -n 's/^  \([a-z][a-z_]*\).*/\1/p')
    else
        # The command's synopsis: words in small letters, and options.
        words=$(simauthctl "${COMP_WORDS[first]}" --help 2>/dev/null |
                sed -n '1s/([^)]*)//; 1s/^usage: simauthctl [a-z-]*//p' | grep -oE -- '--?[a-z-]+|[a-z]+(-[a-z]+)*')
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
}
complete -o filenames -F _simauthctl simauthctl
