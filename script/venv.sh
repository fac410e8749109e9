# Sourced by the commands beside it: goes to the project's folder and sees that .venv is there.

usable() {
    "$1" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    for python in python3 python3.13 python3.12 python3.11 python3.14; do
        if usable "$python"; then return 0; fi
    done
    return 1
}

install_python() {
    [ "$(id -u)" = 0 ] || return 1
    if command -v apt-get >/dev/null; then
        echo "Installing Python..." >&2
        apt-get update -qq >&2 &&
            DEBIAN_FRONTEND=noninteractive apt-get install -qq -y python3 python3-venv >&2
    elif command -v dnf >/dev/null; then
        echo "Installing Python..." >&2
        dnf install -q -y python3.12 >&2 || dnf install -q -y python3 >&2
    else
        return 1
    fi
}

cd "$(dirname "$0")/.." || exit 1
if ! usable .venv/bin/python; then
    if ! find_python && ! { install_python && find_python; }; then
        echo "Colloquy needs Python 3.11 or later with its venv module" \
            "(on Debian and Ubuntu: sudo apt-get install python3 python3-venv)." >&2
        exit 1
    fi
    "$python" -m venv --clear .venv || exit 1
fi
