# Cleans up after a cluster once the process that started it lets go of standard input, be it by ending.
#
# Usage: guard.sh FOLDER SIGNAL. Each line of standard input replaces the server's process id; an empty line says
# that there is none any more. FOLDER is removed at the end unless it is empty.
folder=$1
signal=$2
trap '' HUP INT TERM

while read -r line; do pid=$line; done

if [ -n "$pid" ] && kill -s "$signal" "$pid" 2>/dev/null; then
	turns=0
	while kill -0 "$pid" 2>/dev/null && [ "$turns" -lt 300 ]; do
		[ -n "$folder" ] && [ ! -e "$folder/data/postmaster.pid" ] && break
		turns=$((turns + 1))
		sleep 0.1
	done
fi
[ -n "$folder" ] && rm -rf "$folder"
