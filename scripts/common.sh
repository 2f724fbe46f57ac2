# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Sourced by the scripts beside it: the repository's root, progress lines, and quiet steps whose
# output goes to a log. Progress is on stderr; stdout is for results.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
logs=$root/build/logs
cd "$root" || exit 1

# A compilation seen before in another clone is found again by ccache.
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
export SYSTEMC_DISABLE_COPYRIGHT_MESSAGE=1

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() { # die EXIT_CODE MESSAGE
    say "$2"
    exit "$1"
}

# quietly NAME WHAT COMMAND...: run it with its output in build/logs/NAME.log; on failure show the
# log's end and return the command's exit code.
quietly() {
    local log=$logs/$1.log what=$2 started=$SECONDS rc=0
    shift 2
    mkdir -p "$logs"
    say "$what ..."
    "$@" >"$log" 2>&1 </dev/null || rc=$?
    if [ "$rc" -ne 0 ]; then
        tail -n 40 "$log" >&2
        say "$what: failed with exit code $rc; the whole log: $log"
        return "$rc"
    fi
    say "$what: done in $((SECONDS - started)) s"
}
