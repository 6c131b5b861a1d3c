#!/bin/sh
# Puts the addresses of the composition into the project's file for nginx, and has its log go to the container's. The image
# of nginx runs this before it starts nginx, and includes what is written in the http block.
#
# Usage: addresses.sh [INPUT OUTPUT]
set -eu

input=${1:-/etc/nginx/trunkline.conf}
output=${2:-/etc/nginx/conf.d/default.conf}
sed -e 's/server 127\.0\.0\.1:3000 max_fails/server 172.30.80.11:3000 max_fails/' \
	-e 's/server 127\.0\.0\.1:3001 max_fails/server 172.30.80.12:3000 max_fails/' \
	-e 's|/var/log/nginx/trunkline\.log|/dev/stdout|' "$input" >"$output"
