# Sourced by the scripts beside it: goes to the project's folder and makes .venv with the extras asked for.
#   . "$(dirname "$0")/_venv.sh" test
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
extras="$*"
fail() { echo "${0##*/}: $*" >&2; exit 1; }
base="${PYTHON:-python3}"
command -v "$base" >/dev/null || fail "no $base found; install Python 3.10 or newer, or set PYTHON=/path/to/python"
"$base" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "$base is $("$base" -V 2>&1); Python 3.10 or newer is needed (set PYTHON)"
export PIP_DISABLE_PIP_VERSION_CHECK=1
if [ ! -x .venv/bin/python ]; then
  "$base" -m venv .venv || fail "could not make .venv (on Debian: apt-get install python3-venv)"
fi
python=.venv/bin/python
# What was installed is noted in .venv/installed, so that a second run starts at once.
for extra in base $extras; do
  want="$extra $(cksum < pyproject.toml)"
  if ! grep -qxF "$want" .venv/installed 2>/dev/null; then
    target="."; [ "$extra" = base ] || target=".[$extra]"
    "$python" -m pip install --quiet --editable "$target" || fail "could not install $target"
    echo "$want" >> .venv/installed
  fi
done
