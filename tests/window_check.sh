#!/usr/bin/env bash
# Starts the real program on a virtual screen and uses it by mouse and keyboard.
# tests/window_check.sh [FOLDER]: leaves its screenshots in FOLDER.
set -euo pipefail
cd "$(dirname "$0")/.."
make setup
sh setup.sh screen

work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; wait; rm -rf "$work"' EXIT
shots=${1:-$work/shots}
mkdir -p "$shots"

# The visitor's own settings, caches and sockets, not those of whoever runs this.
export XDG_CONFIG_HOME=$work/config XDG_CACHE_HOME=$work/cache XDG_DATA_HOME=$work/data
export XDG_STATE_HOME=$work/state XDG_RUNTIME_DIR=$work/runtime
mkdir -m 700 "$XDG_RUNTIME_DIR"
unset QT_QPA_PLATFORM WAYLAND_DISPLAY DISPLAY

echo 'No display: one sentence, exit code 2'
code=0
.venv/bin/python main.py 2>"$work/said" || code=$?
cat "$work/said"
[ "$code" = 2 ] && [ "$(wc -l <"$work/said")" = 1 ]

Xvfb -displayfd 3 -screen 0 1440x900x24 -nolisten tcp 3>"$work/display" 2>"$work/xvfb" &
until [ -s "$work/display" ]; do
    kill -0 $! || { cat "$work/xvfb" && exit 1; }
    sleep 0.1
done
DISPLAY=:$(cat "$work/display")
export DISPLAY
openbox --sm-disable &>"$work/openbox" &

echo 'A screenshot from the command line'
timeout 90 .venv/bin/python main.py --screenshot "$shots/screenshot.png"
.venv/bin/python -c 'import sys; from PIL import Image; i = Image.open(sys.argv[1])
assert min(i.size) > 300 and len(i.convert("RGB").getcolors(i.width * i.height)) > 500, i' \
    "$shots/screenshot.png"

echo 'A visit'
timeout 300 .venv/bin/python -m tests.click_through "$shots"
