#!/bin/sh
# Builds the PC/SC binding of nfc-pcsc against the Node that this project runs on. npm compiles it against the headers of
# whichever Node started npm, and a binding for another one is refused at load (ERR_DLOPEN_FAILED).
# Needs: apt-get install build-essential python3 libpcsclite-dev pcscd
set -eu
cd "$(dirname "$0")/.."
headers=$(dirname "$(dirname "$(ls -d "$PWD"/node_modules/node/node_modules/*/include/node | head -n 1)")")
if [ ! -f "$headers/include/node/node.h" ]; then
  echo "There are no Node headers below node_modules/node: run npm ci first." >&2
  exit 1
fi
PATH="$PWD/node_modules/.bin:$PATH"
npm_config_nodedir="$headers" npm rebuild @pokusew/pcsclite
exec node -e "import('nfc-pcsc').then(() => console.log('nfc-pcsc loads under Node ' + process.version))"
