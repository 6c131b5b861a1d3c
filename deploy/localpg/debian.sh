#!/bin/sh
# Installs Debian's packages of PostgreSQL for tests: without the cluster that Debian would start by itself.
# Usage: debian.sh PACKAGE...
set -eu

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "Only root on Debian or Ubuntu can install $*." >&2
	exit 1
fi

own=/etc/postgresql-common/createcluster.d/trunkline.conf
trap 'rm -f "$own"' EXIT
mkdir -p "${own%/*}"
echo 'create_main_cluster = false' >"$own"

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends "$@" </dev/null
