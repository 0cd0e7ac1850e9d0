#!/bin/sh
# Gives each secret file /run/secrets/RUNG_... to the process as the variable of its name, so that no secret stands in
# the Compose file, in an image, or in what `docker inspect` shows.
set -eu
for file in "${RUNG_SECRETS:-/run/secrets}"/RUNG_*; do
  if [ -f "$file" ]; then
    export "$(basename "$file")=$(cat "$file")"
  fi
done
exec "$@"
