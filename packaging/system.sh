# shellcheck shell=sh
# Sourced by bootstrap.sh: what Debian and its relatives must have beside Python. POSIX sh.
#
# Nothing is installed unless something is missing, and only where that takes no password; everywhere else the
# exact line to type is printed.

say() {
    printf '%s\n' "$@"
}

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

may_install() {
    command -v apt-get >/dev/null || return 1
    [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null
}

as_root() {
    if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

# The line a person types to install the packages "$@".
install_line() {
    if ! command -v apt-get >/dev/null; then
        say "install what your system calls these Debian packages: $*"
    elif [ "$(id -u)" = 0 ]; then
        say "apt-get update && apt-get install -y $*"
    else
        say "sudo apt-get update && sudo apt-get install -y $*"
    fi
}

apt() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=120 "$@" >>"$log_path" 2>&1 </dev/null
}

# Install the packages "$2…", called "$1" towards the person. Returns 1 when that failed or may not be done.
install_packages() {
    label=$1
    shift
    may_install || return 1
    say "Installing $label: $*"
    log_path=$(mktemp)
    installed=0
    { [ -n "${lists_updated:-}" ] || apt update; } && lists_updated=yes
    apt install -y --no-install-recommends "$@" || { installed=1; tail -n 5 "$log_path" >&2; }
    rm -f "$log_path"
    return $installed
}

# The Debian package that brings the shared library "$1": lib_Name.so.N is in lib-nameN, with a dash before N where
# the name ends in a digit; three do not follow the rule.
library_package() {
    case $1 in
        libglib-2.0.so.* | libgthread-2.0.so.*) say libglib2.0-0 ;;
        libbrotli*.so.*) say libbrotli1 ;;
        libz.so.*) say zlib1g ;;
        *) say "$1" | tr '[:upper:]_' '[:lower:]-' | sed 's/\([0-9]\)\.so\./\1-/; s/\.so\.//' ;;
    esac
}

# What the loader does not find for the parts of Qt in the virtual environment "$1" that the window uses.
missing_libraries() {
    pyside_path=$("$1/bin/python" -c 'import sysconfig; print(sysconfig.get_path("platlib"))')/PySide6
    set -- "$pyside_path"/Qt/plugins/platforms/libqxcb.so
    for module in Gui Widgets Network Svg DBus; do
        set -- "$@" "$pyside_path/Qt$module.abi3.so"
    done
    [ -z "${WAYLAND_DISPLAY:-}" ] || set -- "$@" "$pyside_path"/Qt/plugins/platforms/libqwayland.so
    ldd "$@" 2>/dev/null | awk '/not found/ { print $1 }' | sort -u
}

any_font() {
    find /usr/share/fonts /usr/local/share/fonts "${HOME:-/nonexistent}/.fonts" \
        "${HOME:-/nonexistent}/.local/share/fonts" -name '*.[to]t[fc]' 2>/dev/null | head -n 1
}

# Make sure that Qt can load in the virtual environment "$1".
need_qt_libraries() {
    [ "$(uname -s)" = Linux ] || return 0
    packages=$(for library in $(missing_libraries "$1"); do library_package "$library"; done | sort -u)
    [ -n "$(any_font)" ] || packages="$packages fonts-dejavu-core"
    set -f
    # shellcheck disable=SC2086 # package names, to be split
    set -- "$1" $packages
    set +f
    venv_path=$1
    shift
    [ $# -gt 0 ] || return 0
    install_packages "system libraries" "$@" ||
        fail "Qt needs system libraries that are missing here. Please type this line, then try again:" \
            "    $(install_line "$@")"
    still_missing=$(missing_libraries "$venv_path" | tr '\n' ' ')
    [ -z "$still_missing" ] || fail "Qt still does not find these system libraries: $still_missing"
}

# Packages of the tools that are not here; each argument is COMMAND or COMMAND=PACKAGE.
missing_tools() {
    for tool in "$@"; do
        command -v "${tool%%=*}" >/dev/null || printf '%s ' "${tool#*=}"
    done
}

# Install the tools that are missing; where that may not be done, say "$1" and the line that brings them.
want_tools() {
    consequence=$1
    shift
    packages=$(missing_tools "$@")
    [ -n "$packages" ] && [ "$(uname -s)" = Linux ] || return 0
    # shellcheck disable=SC2086 # package names, to be split
    install_packages "tools" $packages && return 0
    # shellcheck disable=SC2086
    say "$consequence To install what is missing:" "    $(install_line $packages)"
    return 1
}
