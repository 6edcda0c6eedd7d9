#!/usr/bin/env bash
# Benchmarks of another commit and of the working tree, in turn (A B A B …), so
# that what else the machine does falls on both alike; then their ratios.
#
#   bench/compare.sh BASE ROUNDS BENCHMARKS PACKAGE...
set -euo pipefail

if [ $# -lt 4 ]; then
	echo "usage: bench/compare.sh BASE ROUNDS BENCHMARKS PACKAGE..., for instance: bench/compare.sh HEAD~1 6 . ./envelope ./hook" >&2
	exit 2
fi
base=$1 rounds=$2 benchmarks=$3
shift 3

cd "$(dirname "${BASH_SOURCE[0]}")/.."
root=$PWD
scratch=$(mktemp -d)
trap 'git worktree remove --force "$scratch/base" 2>/dev/null || true; rm -rf "$scratch"' EXIT
git worktree add --quiet --detach "$scratch/base" "$base"

# build makes the test binaries of one side: side directory package...
build() {
	local side=$1 dir=$2 package
	shift 2
	for package in "$@"; do
		(cd "$dir" && go test -c -o "$scratch/$side-${package//[.\/]/_}" "$package")
	done
}
build base "$scratch/base" "$@"
build head "$root" "$@"

run() {
	local side=$1 dir=$2 package
	shift 2
	for package in "$@"; do
		(cd "$dir/$package" && "$scratch/$side-${package//[.\/]/_}" -test.run '^$' -test.bench "$benchmarks" -test.benchmem) >>"$scratch/$side.txt"
	done
}
for ((round = 1; round <= rounds; round++)); do
	echo "round $round of $rounds" >&2
	run base "$scratch/base" "$@"
	run head "$root" "$@"
done
if ! grep -q '^Benchmark' "$scratch/base.txt" "$scratch/head.txt"; then
	echo "no benchmark of $* matches '$benchmarks'" >&2
	exit 1
fi
go tool -modfile="$root/tools/go.mod" benchstat "$base=$scratch/base.txt" "working tree=$scratch/head.txt"
