#!/bin/sh
# Puts the Python packages that the skill needs into its own folder, because in its jail nothing else of the computer is
# seen but /usr. Run it once, and again when requirements.txt has changed.
set -eu
cd "$(dirname "$0")"
python=${PYTHON:-/usr/bin/python3}
rm -rf packages.new
"$python" -m pip --disable-pip-version-check install --quiet --root-user-action ignore \
    --target packages.new --requirement requirements.txt
rm -rf packages
mv packages.new packages
