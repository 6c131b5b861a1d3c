#!/usr/bin/env bash
# Measures all that docs/performance.md tells of, in one go of half an hour, and writes the results to standard
# output as Markdown. Nothing else should run on the machine meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."
gateway=${1:-./trunkline}

work=$(mktemp -d)
trap 'rm -rf "$work"; jobs -p | xargs --no-run-if-empty kill 2>/dev/null || true' EXIT
go build -o "$work/bench" ./bench

# measure TITLE ARGUMENT… runs the suite and prints its tables, with the command as anybody would type it.
measure() {
	printf '## %s\n\n' "$1"
	echo "$1" >&2
	"$work/bench" "${@:2}" --markdown "$work/result.md" >/dev/null 2>"$work/log" || { cat "$work/log" >&2; return 1; }
	sed "s| --markdown $work/result.md||" "$work/result.md"
	echo
}

apart="apart=env PGRST_DB_POOL_BATCH=1 $gateway"
shared="shared=$gateway"
tcp="tcp=$gateway"
unix="unix=unix:$gateway"
quick=single_row,page_25,row_embed,rows_by_key

echo "# Measurements of $("$gateway" --version)"
echo
postgres=$(go run ./deploy/localpg/pgbin)/postgres
echo "$(uname -s) $(uname -r | cut -d- -f1), $(awk '/^MemTotal/ { printf "%.0f GB", $2 / 1e6 }' /proc/meminfo) of memory, $("$postgres" --version)."
echo
measure "Beside the floor" --target "$tcp" --target "$unix" --floor --rounds 7 --duration 2s \
	--scenario single_row,page_25,embed_1
measure "Other requests" --target "$unix" --floor --rounds 3 --duration 2s \
	--scenario row_embed,rows_by_key,embed_2,embed_3,filter_count,function,jwt_one,jwt_many,jwt_rs256,insert_one,insert_1000,upsert,patch,answer_1mb,not_found,mixed,postgrest_mix
measure "Batches" --target "$apart" --target "four=env PGRST_DB_POOL_BATCH=4 $gateway" --target "$shared" \
	--target "sixteen=env PGRST_DB_POOL_BATCH=16 $gateway" --rounds 4 --duration 2s --scenario "$quick,embed_1"
neighbours=()
for _ in 1 2; do
	timeout 10m sha256sum /dev/zero &
	neighbours+=($!)
done
measure "Batches beside two busy processes" --target "$apart" --target "$shared" --rounds 4 --duration 2s --scenario "$quick"
kill "${neighbours[@]}"
measure "Batches against clients" curve --target "$apart" --target "$shared" --over clients \
	--values 1,2,3,4,8,16,32,64 --rounds 2 --duration 2s
measure "One client at 1 ms" --target "$unix" --clients 1 --delay 500us --rounds 3 --duration 2s \
	--scenario single_row,page_25,insert_one
measure "One client beside the database" --target "$unix" --clients 1 --rounds 3 --duration 2s \
	--scenario single_row,page_25,insert_one
measure "Distance" curve --target "$unix" --over delay --values 0,0.1ms,0.5ms,2.5ms --floor --rounds 2 --duration 2s
measure "Connections" curve --target "$unix" --over connections --values 1,2,4,8,16,32,64 --floor --rounds 2 --duration 2s
measure "Clients" curve --target "$unix" --over clients --values 1,2,4,8,16,32,64,128,256,512 --rounds 2 --duration 2s
measure "Rows" curve --target "$unix" --over rows --rounds 2 --duration 2s
measure "Levels of embeds" curve --target "$unix" --over depth --rounds 2 --duration 2s
measure "Peak of what is then overloaded" --target "$tcp" --clients 64 --rounds 2 --duration 3s --scenario pause
measure "Overload, ten times the peak" --target "$tcp" --rate 10000 --allow-503 --rounds 2 --duration 5s --scenario pause
measure "JSON of 100 MB and 1 GB" curve --target "$tcp" --over bytes --rounds 1 --duration 1s --warmup 1ms
measure "JSON lines of 1 GB and 10 GB" curve --target "$tcp" --over lines --rounds 1 --duration 1s --warmup 1ms
