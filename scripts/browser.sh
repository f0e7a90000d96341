#!/bin/sh
# Makes sure a Chromium for the browser tests is there: the one found is used,
# else Debian's package is installed when this runs as root, else it says what
# to do and fails.
set -eu
for found in "${SECANT_CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome; do
  if [ -n "$found" ] && [ -x "$found" ]; then exit 0; fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing chromium for the browser tests"
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >/dev/null
  exit 0
fi
echo "The browser tests need Chromium: install your system's package (Debian: apt-get install chromium)" >&2
echo "or set SECANT_CHROMIUM to its path, and run make test again." >&2
exit 1
