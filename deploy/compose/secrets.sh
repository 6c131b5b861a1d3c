#!/bin/sh
# Generates the secrets of this deployment and a self-signed certificate, in the folder "secrets", which only you may enter.
# Existing files are kept.
set -eu
cd "$(dirname "$0")"
mkdir -p secrets
chmod 700 secrets
cd secrets

# once NAME COMMAND... writes the output of a command, without its final newline, to a file that every user in a container
# may read, because Compose mounts files with their owners and modes.
once() {
	name=$1
	shift
	if [ ! -e "$name" ]; then
		text=$("$@")
		printf '%s' "$text" >"$name"
	fi
	chmod 644 "$name"
}

once postgres_password openssl rand -hex 24
once authenticator_password openssl rand -hex 24
once grafana_password openssl rand -hex 24
once jwt_secret openssl rand -hex 32
once db_uri echo "postgres://authenticator:$(cat authenticator_password)@database:5432/app?tcp_user_timeout=10000"
once admin_db_uri echo "postgres://postgres:$(cat postgres_password)@database:5432/app"
if [ ! -e tls_key ]; then
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=api.example.org \
		-addext subjectAltName=DNS:api.example.org,DNS:localhost -keyout tls_key -out tls_certificate 2>/dev/null
fi
