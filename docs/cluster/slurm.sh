#!/usr/bin/env bash
# A sweep as a Slurm job array, one shard a task, and a merge once all of them have ended well.
#
#     docs/cluster/slurm.sh SPACE.toml OUT SHARDS [sbatch options for the shards, such as --time=1:00:00 -p short]
#
# The exclusim on the PATH (or $EXCLUSIM), SPACE and OUT must be the same on every node. A task that is killed, requeued or
# runs out of time loses nothing finished: submit the same line again and it goes on. Shards are in OUT/shards/.
set -euo pipefail
if [ $# -lt 3 ]; then
    echo "usage: $0 SPACE.toml OUT SHARDS [sbatch options]" >&2
    exit 2
fi
space=$(realpath "$1") out=$(realpath -m "$2") shards=$3
shift 3
exclusim=$(realpath "$(command -v "${EXCLUSIM:-exclusim}")")
mkdir -p "$out/shards" "$out/logs"

# Quoted for the shells of the tasks, which know their own numbers. What policies decide, once for all shards; a space whose decisions cannot be kept goes without.
kept="$out/decided"
decide="$(printf '%q sweep %q --decide %q || rm -f %q' "$exclusim" "$space" "$kept" "$kept")"
prepare=$(sbatch --parsable --requeue --job-name=exclusim-decide --output="$out/logs/decide.log" "$@" --wrap "$decide")

task="$(printf 'if test -f %q; then set -- --decided %q; else set --; fi; %q sweep %q' "$kept" "$kept" "$exclusim" "$space") \"\$@\" --jobs \${SLURM_CPUS_PER_TASK:-1} \
--shard \$SLURM_ARRAY_TASK_ID/$shards --out $(printf '%q' "$out/shards/")\$SLURM_ARRAY_TASK_ID"
array=$(sbatch --parsable --requeue --job-name=exclusim-sweep --dependency="afterok:${prepare%%;*}" --array="1-$shards" --output="$out/logs/shard-%a.log" \
    "$@" --wrap "$task")
folders=()
for shard in $(seq "$shards"); do folders+=("$out/shards/$shard"); done
merge=$(sbatch --parsable --job-name=exclusim-merge --dependency="afterok:${array%%;*}" --output="$out/logs/merge.log" \
    --wrap "$(printf '%q ' "$exclusim" merge "${folders[@]}" --out "$out")")
echo "decisions: job ${prepare%%;*}; shards: job ${array%%;*}; merge: job ${merge%%;*}; results will be in $out"
