#!/bin/sh
# Builds the gateway and says how far it is, on one line: go is silent for minutes the first time.
# Usage: build.sh GO-BUILD-ARGUMENT...
set -eu

failed=$(mktemp)
trap 'rm -f "$failed"' EXIT
# go names each package that it compiles, each module that it downloads, and what is wrong.
{ go build -v "$@" 2>&1 || echo failed >"$failed"; } | awk '
	/^go: downloading / { show("downloading " $3); next }
	/^[a-z0-9.\/_-]+$/ { show("compiling (" ++n ") " $0); next }
	{ if (shown) printf "\r\033[K"; shown = 0; print; fflush() }
	END { if (shown) printf "\r\033[K" }
	function show(text) {
		# Every tenth line in a log, each in its place on a terminal.
		if (terminal) printf "\r\033[K%.*s", 100, text; else if (n % 50 == 1 || text ~ /^downl/) print text
		shown = terminal; fflush()
	}
' terminal="$([ -t 1 ] && echo 1 || echo 0)" -
[ ! -s "$failed" ]
