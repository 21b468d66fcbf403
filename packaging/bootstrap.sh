#!/bin/sh
# Makes everything that a make target needs, and nothing that is there already:
#
#     sh packaging/bootstrap.sh run|test|check|demo|bench|ci
#
# `.venv` gets the dependencies that pyproject.toml states in the versions of packaging/constraints.txt, `.venv-engine`
# (for the tests) the engine's alone, without Qt, and `.venv-bench` the servers to measure beside. Missing system
# libraries are installed where that takes no password, else the line to type is printed. PYTHON=… chooses another
# interpreter.
set -eu

cd "$(dirname "$0")/.."
. packaging/system.sh

oldest_python=3.11
purpose=${1:?usage: bootstrap.sh run|test|check|demo|bench|ci}

version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

new_enough() {
    [ "$("$1" -c 'import sys; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True ]
}

# Print the interpreter to use: PYTHON if it is set, else the first that is new enough.
find_python() {
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null || fail "There is no $PYTHON here."
        new_enough "$PYTHON" || fail "Holdall needs Python $oldest_python or newer; $PYTHON is not."
        say "$PYTHON"
        return
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if new_enough "$candidate"; then
            say "$candidate"
            return
        fi
    done
    fail "Holdall needs Python $oldest_python or newer; python3 here is $(version_of python3 || say missing)." \
        "With a newer one elsewhere: make run PYTHON=/path/to/python3"
}

can_make_venvs() {
    "$1" -c 'import ensurepip, venv' 2>/dev/null
}

# Debian leaves ensurepip out of python3; a package of the interpreter's own version brings it.
need_venv_module() {
    can_make_venvs "$1" && return
    package=python3-venv
    [ "$(version_of "$1")" = "$(version_of /usr/bin/python3)" ] || package=python$(version_of "$1")-venv
    install_packages "Python's module for virtual environments" "$package" && can_make_venvs "$1" && return
    fail "Python's module for virtual environments is missing here. Please type this line, then try again:" \
        "    $(install_line "$package")"
}

# Whether the virtual environment "$1" was finished by this script and still fits its interpreter.
is_usable() {
    [ -f "$1/holdall-python" ] && [ "$(version_of "$1/bin/python")" = "$(cat "$1/holdall-python")" ] || return 1
    [ -z "${PYTHON:-}" ] || [ "$(version_of "$PYTHON")" = "$(cat "$1/holdall-python")" ]
}

# Make the virtual environment "$1" unless it is there; further arguments go to Python's venv.
need_venv() {
    is_usable "$1" && return
    python=$(find_python)
    need_venv_module "$python"
    say "Making $1 with $("$python" --version)"
    "$python" -m venv --clear "$@" || fail "Python could not make the virtual environment $1."
    version_of "$1/bin/python" >"$1/holdall-python"
}

# Install the parts "$2…" of pyproject.toml into "$1", unless that was done with the same files before.
need_packages() {
    target=$1
    shift
    stamp_path=$target/holdall-installed-$(printf '%s-' engine "$@")done
    wanted=$(cat pyproject.toml packaging/constraints.txt | cksum)
    [ "$(cat "$stamp_path" 2>/dev/null)" = "$wanted" ] && return
    say "Installing Python packages into $target"
    .venv/bin/python packaging/requirements.py "$@" >"$target/holdall-requirements.txt"
    .venv/bin/python -m pip --python "$target/bin/python" install --quiet --quiet --no-input --disable-pip-version-check \
        --constraint packaging/constraints.txt --requirement "$target/holdall-requirements.txt" ||
        fail "The Python packages could not be installed. Is this machine online?"
    printf '%s\n' "$wanted" >"$stamp_path"
}

need_display() {
    [ "$(uname -s)" = Linux ] && [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}${QT_QPA_PLATFORM:-}" ] || return 0
    fail "There is no display here (DISPLAY and WAYLAND_DISPLAY are not set), so no window can open." \
        "Log in to a desktop, or see the window at work on a virtual display: make demo"
}

# nginx's package starts a server on port 80 where systemd runs, so there it is only named.
need_web_server() {
    if [ ! -d /run/systemd/system ]; then
        want_tools "The comparison with nginx will be left out." nginx=nginx-light || true
    elif ! command -v nginx >/dev/null; then
        say "The comparison with nginx will be left out. Its package starts a web server; to have it nevertheless:" \
            "    $(install_line nginx-light)"
    fi
}

# PostgreSQL's package makes and starts a server of its own where systemd runs, so there only CI installs it.
want_database_server() {
    set -- "$1" /usr/lib/postgresql/*/bin/initdb
    [ ! -x "$2" ] && ! command -v initdb >/dev/null || return 0
    if [ "$1" = ci ] || [ ! -d /run/systemd/system ]; then
        want_tools "Comparisons of policies with PostgreSQL will be skipped." initdb=postgresql || true
    else
        say "Comparisons of policies with PostgreSQL will be skipped. Its package starts a server; to have it nevertheless:" \
            "    $(install_line postgresql)"
    fi
}

# Install the clients for Node.js that the server is tested with, where there is a Node.js that can run them.
want_node_clients() {
    clients_path=tests/server/clients_js
    if ! command -v npm >/dev/null || ! node -e 'process.exit(Number(parseInt(process.versions.node) < 20))' 2>/dev/null; then
        say "Tests of clients for Node.js will be skipped: they need Node.js 20 or newer, with npm."
        return
    fi
    wanted=$(cksum <"$clients_path/package.json")
    [ "$(cat "$clients_path/node_modules/holdall-installed" 2>/dev/null)" = "$wanted" ] && return
    say "Installing clients for Node.js into $clients_path/node_modules"
    if npm install --prefix "$clients_path" --no-package-lock --ignore-scripts --no-audit --no-fund --silent; then
        printf '%s\n' "$wanted" >"$clients_path/node_modules/holdall-installed"
    else
        say "Tests of clients for Node.js will be skipped: npm could not install them. Is this machine online?"
    fi
}

screen_tools="Xvfb=xvfb openbox xdotool import=imagemagick dbus-daemon curl"

case $purpose in
    run)
        need_display
        need_venv .venv
        need_packages .venv desktop
        need_qt_libraries .venv
        ;;
    test | ci)
        need_venv .venv
        need_packages .venv desktop test-desktop
        need_qt_libraries .venv
        need_venv .venv-engine --without-pip
        need_packages .venv-engine test
        # shellcheck disable=SC2086 # a list
        want_tools "Tests that need a screen will be skipped." $screen_tools || true
        want_tools "Tests that put faults into system calls will be skipped." strace || true
        want_database_server "$purpose"
        want_node_clients
        [ "$purpose" = test ] || want_tools "Tests that need a browser will be skipped." chromium || true
        [ "$purpose" = test ] || want_tools "The test with a real virus scanner will be skipped." clamd=clamav-daemon || true
        [ "$purpose" = test ] || want_tools "Rules for Prometheus will not be checked by it." promtool=prometheus || true
        ;;
    check)
        need_venv .venv
        need_packages .venv desktop test-desktop check
        ;;
    demo)
        need_venv .venv
        need_packages .venv desktop test-desktop
        need_qt_libraries .venv
        # shellcheck disable=SC2086 # a list
        want_tools "The demo needs a virtual display." $screen_tools || exit 1
        ;;
    bench)
        need_venv .venv
        need_packages .venv desktop test-desktop
        need_qt_libraries .venv
        need_venv .venv-bench --without-pip
        need_packages .venv-bench bench
        want_tools "Comparisons with what is missing will be left out." restic rclone wrk openssl || true
        need_web_server
        ;;
    *)
        fail "usage: bootstrap.sh run|test|check|demo|bench|ci"
        ;;
esac
