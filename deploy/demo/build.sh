#!/bin/sh
# Builds the gateway and says how far it is, on one line: go is silent for minutes the first time.
# Usage: build.sh GO-BUILD-ARGUMENT...
set -eu

failed=$(mktemp)
trap 'rm -f "$failed"' EXIT
compiled=0

# In a log there is a line for each module and for every fiftieth package; a terminal shows each in the place of the one before.
show() {
	if [ -t 1 ]; then
		printf '\r\033[K%.100s' "$1"
	elif [ "$compiled" -eq 0 ] || [ $((compiled % 50)) -eq 1 ]; then
		echo "$1"
	fi
}

clear_line() { [ ! -t 1 ] || printf '\r\033[K'; }

# go names each module that it downloads, each package that it compiles, and what is wrong. A shell reads the lines as they
# come; some awks wait for more.
{ go build -v "$@" 2>&1 || echo failed >"$failed"; } | {
	while IFS= read -r line; do
		case $line in
		"go: downloading "*) show "${line#go: }" ;;
		*[!a-zA-Z0-9._/~-]* | "") clear_line && printf '%s\n' "$line" ;;
		*) compiled=$((compiled + 1)) && show "compiling ($compiled) $line" ;;
		esac
	done
	clear_line
}
[ ! -s "$failed" ]
