# The ground ./play and ./check stand on: a private environment in .venv, made once, and code that is compiled
# before anybody listens. Sourced by both (bash, from the clone's root); asks for no rights, changes nothing outside the clone
# and the user's cache. Each step prints one line with its time.

here=$(pwd -P)
venv="$here/.venv"
py="$venv/bin/python"

now() { # seconds, with a fraction where the system's date knows one
    local t
    t=$(date +%s.%N 2>/dev/null)
    case $t in *N* | "") date +%s ;; *) printf '%s\n' "$t" ;; esac
}

step() { # step WORDS COMMAND...: quiet when it goes well; the whole story when it does not
    local words=$1 log began rc=0
    shift
    log=$(mktemp "${TMPDIR:-/tmp}/antiphon-step.XXXXXX") || return 1
    began=$(now)
    "$@" >"$log" 2>&1 </dev/null || rc=$?
    LC_ALL=C awk -v a="$began" -v b="$(now)" -v w="$words" -v r="$rc" \
        'BEGIN { printf "  %-44s %6.1f s%s\n", w, b - a, r ? "   FAILED" : "" }'
    if [ "$rc" -ne 0 ]; then sed 's/^/    | /' "$log" | tail -n 25 >&2; fi
    rm -f "$log"
    return "$rc"
}

find_python() { # a Python this project runs on: 3.11 or 3.12
    local name
    for name in "${ANTIPHON_PYTHON:-}" python3.11 python3.12 python3 python; do
        [ -n "$name" ] || continue
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' >/dev/null 2>&1; then
            command -v "$name"
            return 0
        fi
    done
    cat >&2 <<'SAY'
antiphon needs Python 3.11 or 3.12 and found neither. Debian: apt install python3 python3-venv; Fedora: dnf install python3.12; Arch and others: uv or pyenv (python 3.12); macOS: brew install python@3.12. Another place: ANTIPHON_PYTHON=/path/to/python ./play
SAY
    return 1
}

make_venv() { # with the system's ensurepip, or (Debian without python3-venv) with the system's pip from outside
    local base=$1
    "$base" -m venv --clear "$venv" && "$py" -m pip --version && return 0
    "$base" -m venv --clear --without-pip "$venv" || return 1
    "$base" -m pip --python "$py" install --quiet --disable-pip-version-check pip && return 0
    echo "This Python can make no environment. Install python3-venv (Debian, Ubuntu) or python3-pip, then start again."
    return 1
}

install() { # install EXTRAS: pinned wheels, then the project itself in place (an edit needs no second installation)
    "$py" -m pip install --disable-pip-version-check --no-input --prefer-binary -c requirements.lock -e ".$1"
}

# What we depend on and what we compile, as two short numbers.
wants() { { cat requirements.lock pyproject.toml; printf '%s' "$1$here"; } | cksum | tr ' ' '-'; }
sources() { { find live/core engines -name '*.py' -type f | LC_ALL=C sort | xargs cat; cat "$venv/.antiphon-wants" 2>/dev/null; } | cksum | tr ' ' '-'; }
same() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

ground() { # ground EXTRAS: everything in place, or a clear line and 1
    local extras=$1 base want
    want=$(wants "$extras")
    if same "$venv/.antiphon-wants$extras" "$want" && "$py" -c '' 2>/dev/null; then
        : # as we left it
    else
        base=$(find_python) || return 1
        if ! "$py" -m pip --version >/dev/null 2>&1; then
            step "private environment (.venv)" make_venv "$base" || return 1
        fi
        step "pinned packages${extras:+ and the $extras ones}" install "$extras" || {
            echo "The packages could not be installed; the reason is above. Nothing else was changed: start again when it is gone." >&2
            return 1
        }
        printf '%s\n' "$want" >"$venv/.antiphon-wants$extras"
        if [ -n "$extras" ]; then wants "" >"$venv/.antiphon-wants"; fi # more includes less
    fi
    want=$(sources)
    if ! same "$venv/.antiphon-warm" "$want" || ! [ -d "$(cat "$venv/.antiphon-warm-at" 2>/dev/null)" ]; then
        step "compiling the sound core" "$py" -m live.core.warm || {
            echo "The sound core could not be compiled; the reason is above." >&2
            return 1
        }
        "$py" -c 'import os, live.core; print(os.environ.get("NUMBA_CACHE_DIR", "/"))' >"$venv/.antiphon-warm-at"
        printf '%s\n' "$want" >"$venv/.antiphon-warm"
    fi
}
