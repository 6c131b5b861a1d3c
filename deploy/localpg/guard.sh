# Cleans up after a cluster when standard input is closed, by the process that started the cluster or by its end.
#
# Usage: guard.sh FOLDER SIGNAL REMOVE. Each line of standard input replaces the server's process id; 0 means that
# no server is running. FOLDER is removed at the end if REMOVE is "yes".
folder=$1
signal=$2
remove=$3
trap '' HUP INT TERM

pid=0
while read -r line; do pid=$line; done

if [ "$pid" -ne 0 ] && kill "-$signal" "$pid" 2>/dev/null; then
	turns=0
	# The server removes its lock file last. It may stay a zombie for long, for which kill -0 succeeds.
	while [ -e "$folder/data/postmaster.pid" ] && kill -0 "$pid" 2>/dev/null && [ "$turns" -lt 300 ]; do
		turns=$((turns + 1))
		sleep 0.1
	done
fi
[ "$remove" != yes ] || rm -rf "$folder"
