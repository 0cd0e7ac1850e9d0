#!/bin/bash
# Runs once, on an empty data folder: a database for each service, owned by a user who can reach no other one.
set -euo pipefail
secrets=${RUNG_SECRETS:-/run/secrets}

for service in evaluation slo credentials compensation; do
  SERVICE_PASSWORD=$(cat "$secrets/${service}_database_password")
  export SERVICE_PASSWORD
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set service="$service" \
    --username "$POSTGRES_USER" --dbname postgres <<'SQL'
\getenv password SERVICE_PASSWORD
CREATE ROLE :"service" LOGIN PASSWORD :'password';
CREATE DATABASE :"service" OWNER :"service" TEMPLATE template0 ENCODING 'UTF8'
  LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
REVOKE ALL ON DATABASE :"service" FROM PUBLIC;
SQL
done
