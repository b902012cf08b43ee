#!/bin/sh
# Make the Python environment and find a browser. Called by ./run ("run") and ./test ("test").
#
# Environment: FOREPOST_VENV    its folder, absolute (set by the caller)
#              FOREPOST_PYTHON  the interpreter to build it from, where the search finds the wrong one
# Exit code:   0 ready; 3 it cannot be made here, the last line says what to type.
# Portable:    POSIX sh and tools only (dash, bash 3.2 of macOS, busybox), any folder name, any user.
set -eu
LC_ALL=C
export LC_ALL
unset PYTHONPATH PYTHONHOME PIP_USER PIP_TARGET PIP_PREFIX VIRTUAL_ENV || :

wanted=$1
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
venv=$FOREPOST_VENV
python=$venv/bin/python
stamp=$venv/forepost.stamp           # what was installed; written last, removed before any change
ours=$venv/forepost.made             # this script made the folder, so it may delete it
browser_stamp=$venv/forepost.browser # who has a browser, for which Playwright
lock=$venv.lock

say() { printf 'forepost set-up: %s\n' "$*" >&2; }

give_up() {
  say "$*"
  exit 3
}

lock_file() {
  case $1 in
    test) printf '%s' "$root/requirements-test.lock" ;;
    *) printf '%s' "$root/requirements.lock" ;;
  esac
}

# The environment holds absolute paths, so a checkout that was moved is not fresh.
stamp_for() {
  printf '%s\n%s\n%s' "$1" "$root" "$(cat "$(lock_file "$1")" "$root/pyproject.toml" | cksum)"
}

# What was set up for tests holds everything that ./run needs.
fresh() {
  [ -f "$stamp" ] || return 1
  have=$(cat "$stamp")
  [ "$have" = "$(stamp_for test)" ] || {
    [ "$wanted" = run ] && [ "$have" = "$(stamp_for run)" ]
  } || return 1
  starts 'import importlib.util as i, sys; sys.exit(i.find_spec("forepost") is None)'
}

# -I: a folder named "forepost" in the current directory must not answer for us.
starts() { "$python" -I -c "$1" >/dev/null 2>&1; }

# --- one set-up at a time -------------------------------------------------------------------

alive() { kill -0 "$1" 2>/dev/null || [ -d "/proc/$1" ] || ps -p "$1" >/dev/null 2>&1; }

holder() { cat "$lock/pid" 2>/dev/null || :; }

# A killed set-up leaves its installer running, which goes on writing: that one is waited for.
at_work() { alive "$1" || { [ -s "$lock/child" ] && alive "$(cat "$lock/child")"; }; }

# shellcheck disable=SC2016 # expanded by the inner sh, which becomes the command
installing() { sh -c 'echo $$ >"$0/child"; exec "$@"' "$lock" "$@" >&2; }

release() { if [ "$(holder)" = $$ ]; then rm -rf "$lock"; fi; }

take_lock() {
  parent=$(dirname -- "$venv")
  mkdir -p "$parent" 2>/dev/null || :
  waited_s=0
  until mkdir "$lock" 2>/dev/null; do
    [ -w "$parent" ] || give_up "cannot write to $parent;" \
      "name another folder, for example: FOREPOST_VENV=\"\$HOME/forepost-env\""
    pid=$(holder)
    # Without a pid its maker is between two lines, or was killed there.
    if { [ -z "$pid" ] && [ "$waited_s" -eq 5 ]; } || { [ -n "$pid" ] && ! at_work "$pid"; }; then
      rm -rf "$lock"
    fi
    [ "$waited_s" -ne 1 ] || say "waiting for another set-up (process ${pid:-unknown})"
    [ "$waited_s" -lt 1200 ] || give_up "waited 20 minutes for process ${pid:-unknown};" \
      "if that is not a set-up of Forepost, type: rm -r '$lock'"
    sleep 1
    waited_s=$((waited_s + 1))
  done
  trap release EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  printf '%s\n' $$ >"$lock/pid"
}

# --- Debian and Ubuntu as root: what the system lacks ---------------------------------------

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

apt_get() {
  said=$(DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=120 "$@" \
    </dev/null 2>&1) || {
    printf '%s\n' "$said" >&2
    return 1
  }
}

apt_updated=no
apt_install() {
  say "installing $* with apt-get"
  if [ $apt_updated = no ]; then
    apt_get update || say "apt-get update failed; trying with the lists that are there"
    apt_updated=yes
  fi
  apt_get install --no-install-recommends "$@"
}

# --- Python ---------------------------------------------------------------------------------

# Debian's python3 without python3-venv imports venv but not ensurepip.
suits() {
  "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Plain python3 comes last: a version newer than these may lack wheels of the locked packages.
find_python() {
  if [ -n "${FOREPOST_PYTHON:-}" ]; then
    base_python=$FOREPOST_PYTHON
    suits "$base_python" || give_up "FOREPOST_PYTHON=$base_python:" \
      "not a Python 3.11 or newer with venv and ensurepip"
    return 0
  fi
  for candidate in python3.14 python3.13 python3.12 python3.11 python3; do
    if command -v "$candidate" >/dev/null 2>&1 && suits "$candidate"; then
      base_python=$candidate
      return 0
    fi
  done
  return 1
}

find_or_install_python() {
  find_python && return 0
  if can_apt; then
    apt_install python3-venv ca-certificates libatomic1 || :
    find_python && return 0
    for version in 3.14 3.13 3.12 3.11; do # an older default, with a newer one beside it
      apt-cache show "python$version-venv" >/dev/null 2>&1 || continue
      apt_install "python$version-venv" || :
      find_python && return 0
    done
  fi
  return 1
}

what_to_type() {
  if command -v apt-get >/dev/null 2>&1; then
    printf '%s' 'sudo apt-get install -y python3-venv ca-certificates libatomic1'
  elif command -v brew >/dev/null 2>&1; then
    printf '%s' 'brew install uv'
  else
    printf '%s' 'curl -LsSf https://astral.sh/uv/install.sh | sh'
  fi
}

# --- the environment ------------------------------------------------------------------------

# Renamed first: a deletion that is cut short leaves nothing that looks like an environment.
remove() {
  mv "$venv" "$venv.old.$$" || give_up "cannot delete $venv; remove it by hand and try again"
  rm -rf "$venv.old.$$" || :
}

# Nothing that this script did not make is ever deleted.
clear_the_place() {
  rm -rf "$venv".old.* || :
  if [ -e "$ours" ]; then
    if [ -e "$stamp" ] && starts ''; then return 0; fi
    say "removing the unfinished environment in $venv"
    remove
  elif [ -e "$venv/pyvenv.cfg" ]; then
    starts 'import sys; sys.exit(sys.version_info < (3, 11))' ||
      give_up "the environment in $venv has no Python 3.11 or newer; type: rm -r '$venv'"
  elif [ -n "$(ls -A "$venv" 2>/dev/null)" ]; then
    give_up "$venv is not an environment of Forepost;" \
      "FOREPOST_VENV must name a folder that is empty or not there"
  fi
}

begin() {
  if ! { mkdir -p "$venv" && printf '' >"$ours"; }; then
    give_up "cannot write to $venv; set FOREPOST_VENV to another folder"
  fi
}

own_package="--no-deps --no-build-isolation --editable"

with_uv() {
  if [ ! -e "$python" ]; then
    say "making the Python environment in $venv with uv"
    begin
    installing uv venv --quiet --allow-existing \
      --python "${FOREPOST_PYTHON:->=3.11,<3.15}" "$venv" || return 1
  fi
  say "installing the packages of $(basename -- "$locked")"
  # shellcheck disable=SC2086 # the options are words
  installing uv pip sync --quiet --require-hashes --python "$python" "$locked" &&
    installing uv pip install --quiet --python "$python" $own_package "$root"
}

pip_install() {
  installing "$python" -m pip install --quiet --disable-pip-version-check --no-input "$@"
}

with_pip() {
  if [ ! -e "$python" ]; then
    find_or_install_python || give_up "no Python 3.11 or newer with venv; type: $(what_to_type)"
    say "making the Python environment in $venv with $base_python"
    begin
    installing "$base_python" -m venv "$venv" || return 1
  fi
  starts 'import pip' || installing "$python" -m ensurepip || return 1
  say "installing the packages of $(basename -- "$locked") (one to five minutes the first time)"
  # shellcheck disable=SC2086 # the options are words
  pip_install --require-hashes --requirement "$locked" && pip_install $own_package "$root"
}

install() {
  if command -v uv >/dev/null 2>&1; then
    with_uv && return 0
    say "uv did not manage (see above); trying with pip"
    if [ -e "$ours" ]; then remove; fi
  fi
  with_pip
}

make_environment() {
  take_lock
  if fresh; then return 0; fi # another set-up has done it while we waited
  clear_the_place
  # An environment once made for tests stays one: ./run must not take the test tools away.
  if [ -e "$stamp" ] && grep -qx test "$stamp"; then wanted="test"; fi
  locked=$(lock_file "$wanted")
  rm -f "$stamp"
  # A home that cannot be written (service users) has no place for caches.
  if [ ! -w "${HOME:-/nonexistent}" ]; then
    UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1
    export UV_NO_CACHE PIP_NO_CACHE_DIR
  fi
  install || give_up "the packages could not be installed (see above);" \
    "check network, proxy and free disk, then type the same command again"
  [ "$(holder)" = $$ ] || give_up "another set-up came in between; type the same command again"
  stamp_for "$wanted" >"$stamp.new" && mv "$stamp.new" "$stamp"
  say "the Python environment is ready"
}

# --- the browser ----------------------------------------------------------------------------

# Playwright's own Node does not start on a bare Debian without libatomic.so.1.
driver_starts() {
  for node in "$venv"/lib/python3*/site-packages/playwright/driver/node; do
    [ ! -x "$node" ] || "$node" --version >/dev/null 2>&1 || return 1
  done
}

find_browser() {
  key="$(id -u) ${PLAYWRIGHT_BROWSERS_PATH:-} $(cksum <"$root/requirements.lock")"
  if [ -f "$browser_stamp" ] && [ "$(cat "$browser_stamp")" = "$key" ]; then return 0; fi
  driver_starts || { can_apt && apt_install libatomic1 && driver_starts; } ||
    say "Playwright's driver does not start; type: sudo apt-get install -y libatomic1"
  say "looking for a browser (one is fetched if none is there)"
  if (cd "$root" && "$python" -m probes.browser install) >&2; then
    { printf '%s' "$key" >"$browser_stamp"; } 2>/dev/null || : # not ours to write: asked again
  else
    say "going on without a browser: what needs one will say so"
  fi
}

fresh || make_environment
find_browser
