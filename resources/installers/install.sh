#!/bin/sh
# Installs Netwright on Linux or macOS for the person who runs it, with an entry in the menu.
#
#   sh resources/installers/install.sh             installs it, or this version over an older one
#   sh resources/installers/install.sh --cpu       with PyTorch for the CPU, whatever card is there
#   sh resources/installers/install.sh --remove    removes it all; runs and settings stay
#
# The code is copied, so that this folder may be deleted. The packages are fetched as by
# 'python3 app': with uv where it can be had. A set-up that was cut off goes on when run again.
# On macOS this has not been tried.
set -eu

code=$(cd "$(dirname "$0")/../.." && pwd)
data="${XDG_DATA_HOME:-$HOME/.local/share}"
link="$HOME/.local/bin/netwright"
if [ "$(uname)" = Darwin ]; then
    entry="$HOME/Applications/Netwright.app"
    place="$entry/Contents/Resources"
else
    entry="$data/applications/netwright.desktop"
    place="$data/netwright"
fi

if [ "${1:-}" = --remove ]; then
    rm -rf "$place" "$entry" "$link"
    echo "Netwright is removed. What 'netwright doctor' names stays: your runs, in the folder"
    echo "Netwright of your documents, and your settings."
    exit 0
fi

find_python() {
    for name in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$name" -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2> /dev/null
        then
            command -v "$name"
            return
        fi
    done
    command -v uv > /dev/null && uv python install --quiet 3.13 && uv python find 3.13
}

python=$(find_python) || {
    echo "Netwright needs Python 3.11 or newer with its venv module, or uv, which brings one." >&2
    echo "Debian, Ubuntu: sudo apt-get install python3-venv. Others: https://docs.astral.sh/uv" >&2
    exit 1
}

echo "Netwright is installed into $place."
mkdir -p "$place" "$(dirname "$entry")" "$(dirname "$link")"
for part in app models resources pyproject.toml README.md LICENSE; do
    rm -rf "${place:?}/$part"
    cp -R "$code/$part" "$place/$part"
done
"$python" "$place/app" "$@" --version

program="$place/.venv/bin/netwright"
ln -sf "$program" "$link"
if [ "$(uname)" = Darwin ]; then
    mkdir -p "$entry/Contents/MacOS"
    printf '#!/bin/sh\nexec "%s" "$@"\n' "$program" > "$entry/Contents/MacOS/Netwright"
    chmod +x "$entry/Contents/MacOS/Netwright"
    cp "$code/resources/installers/Info.plist" "$entry/Contents/Info.plist"
else
    sed "s|@PLACE@|$place|g" "$code/resources/installers/netwright.desktop" > "$entry"
fi
echo "Netwright is in the menu now, and is the command $link."
