#!/bin/sh
# Installs Debian's packages of PostgreSQL for tests, without the cluster and the services that they would start.
# Usage: debian.sh PACKAGE...
set -eu

if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
	echo "Only root on Debian or Ubuntu can install $*." >&2
	exit 1
fi

own=/etc/postgresql-common/createcluster.d/trunkline.conf
policy=/usr/sbin/policy-rc.d
[ ! -e "$policy" ] || policy=
trap 'rm -f "$own" $policy' EXIT
mkdir -p "${own%/*}"
echo 'create_main_cluster = false' >"$own"
if [ -n "$policy" ]; then # which says whether services may be started: 101 is no
	printf '#!/bin/sh\nexit 101\n' >"$policy"
	chmod 755 "$policy"
fi

export DEBIAN_FRONTEND=noninteractive
apt-get update -q
apt-get install -q -y --no-install-recommends "$@" </dev/null
