#!/bin/sh
# Sets this machine up, one part at a time; a part that is done already does nothing.
#   setup.sh desktop     the system libraries Qt needs for a window; fails where it cannot get them
#   setup.sh offscreen   the fewer that the tests need; says so and goes on where it cannot
#   setup.sh venv        .venv with the pinned dependencies
#   setup.sh screen      the programs of tests/window_check.sh: a virtual screen and hands for it
set -eu
cd "$(dirname "$0")"
PATH="$PATH:/usr/sbin:/sbin" # Debian leaves ldconfig out of a user's PATH.

# Library=package; on Ubuntu 24.04 and Debian 13 apt itself takes libglib2.0-0 for libglib2.0-0t64.
offscreen_libraries='libGL.so.1=libgl1 libEGL.so.1=libegl1 libxkbcommon.so.0=libxkbcommon0
    libdbus-1.so.3=libdbus-1-3 libfontconfig.so.1=libfontconfig1 libglib-2.0.so.0=libglib2.0-0
    libgssapi_krb5.so.2=libgssapi-krb5-2'
desktop_libraries='libxkbcommon-x11.so.0=libxkbcommon-x11-0 libxcb-cursor.so.0=libxcb-cursor0
    libxcb-icccm.so.4=libxcb-icccm4 libxcb-keysyms.so.1=libxcb-keysyms1
    libxcb-shape.so.0=libxcb-shape0'

# The packages of those pairs whose library this machine lacks.
missing_packages() {
    loadable=$(ldconfig -p)
    for pair in "$@"; do
        case $loadable in *"${pair%%=*} "*) ;; *) echo "${pair#*=}" ;; esac
    done
    if [ -z "$(find /usr/share/fonts /usr/local/share/fonts "${HOME:-}/.local/share/fonts" \
        -iname '*.[ot]t[fc]' 2>/dev/null)" ]; then
        echo fonts-dejavu-core # Without any font Qt draws empty boxes.
    fi
}

# Installs packages where that needs no password; otherwise says what to type, and fails.
apt_install() {
    as_root=
    if [ "$(id -u)" != 0 ]; then as_root='sudo -n'; fi
    if $as_root true 2>/dev/null; then
        echo "Installing system packages:" "$@"
        log=$(mktemp)
        options='-y -q --no-install-recommends -o DPkg::Lock::Timeout=300'
        if {
            $as_root apt-get update -q &&
                $as_root env DEBIAN_FRONTEND=noninteractive apt-get install $options "$@"
        } >"$log" 2>&1 </dev/null; then
            rm "$log"
            return
        fi
        cat "$log" >&2
        rm "$log"
    fi
    echo "Missing system packages. Please type:" >&2
    echo "    sudo apt-get install $*" >&2
    return 1
}

libraries() {
    # Elsewhere Qt's libraries come with the desktop, or Qt itself names the one it misses.
    if ! command -v apt-get >/dev/null; then return; fi
    packages=$(missing_packages "$@")
    if [ -n "$packages" ]; then apt_install $packages; fi
}

screen_programs() {
    packages=
    for pair in Xvfb=xvfb xdotool=xdotool openbox=openbox; do
        command -v "${pair%%=*}" >/dev/null || packages="$packages ${pair#*=}"
    done
    if [ -n "$packages" ]; then apt_install $packages; fi
}

fits() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

can_make_venv() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

# Sets `python` to the first fitting interpreter, one that can make a venv before one that cannot.
choose_python() {
    if [ -n "${PYTHON:-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3.13 python3.12 python3.11 python3
    fi
    python=
    for candidate in "$@"; do
        if fits "$candidate"; then
            if can_make_venv "$candidate"; then
                python=$candidate
                return
            fi
            python=${python:-$candidate}
        fi
    done
    if [ -z "$python" ]; then
        echo "Latent Explorer needs Python 3.11, 3.12 or 3.13, and none of these is one: $*." \
            "Install one, or name it: make setup PYTHON=/path/to/python" >&2
        exit 1
    fi
    if command -v apt-get >/dev/null; then # Debian keeps venv in a package of its own.
        apt_install "$("$python" -c 'import sys; print("python3.%d-venv" % sys.version_info[1])')"
    else
        echo "$python cannot make virtual environments: it lacks the modules venv or ensurepip." >&2
        exit 1
    fi
}

virtual_environment() {
    if ! fits .venv/bin/python || ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        choose_python
        "$python" -m venv --clear .venv
    fi
    echo "Installing the pinned dependencies into .venv; the first time this takes minutes."
    quiet=--quiet
    if [ -t 1 ]; then quiet=; fi # A person at a terminal sees what is being downloaded.
    .venv/bin/python -m pip install $quiet --disable-pip-version-check \
        --constraint constraints.txt --editable '.[test,lint]'
}

case ${1:-} in
desktop) libraries $offscreen_libraries $desktop_libraries ;;
offscreen) libraries $offscreen_libraries || true ;;
venv) virtual_environment ;;
screen) screen_programs ;;
*) echo "usage: setup.sh desktop|offscreen|venv|screen" >&2 && exit 2 ;;
esac
