#!/bin/sh
# Adapts the project's nginx configuration to this deployment: the addresses of the gateways, and the log, which goes to
# standard output. The nginx image runs this script before it starts nginx, and includes its output in the http block.
#
# Usage: addresses.sh [INPUT OUTPUT]
set -eu

input=${1:-/etc/nginx/trunkline.conf}
output=${2:-/etc/nginx/conf.d/default.conf}
sed -e 's/server 127\.0\.0\.1:3000 max_fails/server 172.30.80.11:3000 max_fails/' \
	-e 's/server 127\.0\.0\.1:3001 max_fails/server 172.30.80.12:3000 max_fails/' \
	-e 's|/var/log/nginx/trunkline\.log|/dev/stdout|' "$input" >"$output"
