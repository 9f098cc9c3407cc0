#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What threads found comes back: of the planted bugs below, which stress meets
# within a second or two, at least twelve become a case that replays 20 of 20 and
# is silent without its bug. Wants SHOOTDOWN_BIN.
set -u

# shellcheck source=tests/cli_lib.sh
. "$(cd "$(dirname "$0")" && pwd)/cli_lib.sh"
least=12
back=0
bugs="nested-gather-minus-one range-end-is-too-late skip-notify-on-downgrade secondary-range-collapsed-to-empty
	btm-does-not-cover-atc last-put-page-before-secondary-flush vtd-superpage-over-table-no-flush
	gather-end-exclusive-overflow mprotect-vs-batched-reclaim vtd-free-table-before-flush
	vtd-psi-mask-not-covering smmu-atc-before-iotlb invalidate-page-wrong-place-and-size
	mremap-flush-after-dest-unlock mremap-secondary-flush-late"

for bug in $bugs; do
	"$bin" stress --bug "$bug" --ops 1000000 --out "$bug" --json >out.json 2>err
	case=$(jq -r '.case // ""' out.json)
	told=$(jq -r '"\(.verdict) \(.class // "") after \(.ops) operations, \(.reproduced // 0) of \(.attempts // 0)"' out.json)
	if [ -z "$case" ]; then
		echo "$bug: no case: $told"
		continue
	fi
	mapfile -t twenty < <(yes "$case" | head -n 20)
	if "$bin" replay "${twenty[@]}" >replay 2>&1 &&
		"$bin" replay --without-bug "$case" 2>&1 | grep -q ': clean'; then
		back=$((back + 1))
		echo "$bug: $told"
	else
		echo "$bug: does not replay: $(head -c 300 replay)"
	fi
done
echo "$back bugs came back as cases, expected at least $least"
[ $back -ge $least ]
