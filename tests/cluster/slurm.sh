#!/usr/bin/env bash
# Runs docs/cluster/slurm.sh under a real Slurm of one machine, kills a shard on the way, and compares the merged result
# with a sweep in one process, byte for byte.
#
#     apt-get install slurmctld slurmd slurm-client munge     # Debian 12; as root
#     cargo build --release && tests/cluster/slurm.sh [SPACE.toml] [SHARDS]
#
# Everything lives in a temporary folder and ends with this script: no file of the system's Slurm is touched.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
space=${1:-$root/arch/sweeps/exclusion-unit.toml}
shards=${2:-4}
export EXCLUSIM=${EXCLUSIM:-$root/target/release/exclusim}
for tool in munged slurmctld slurmd sbatch; do
    PATH=$PATH:/usr/sbin command -v "$tool" >/dev/null || { echo "$tool is missing: see the head of $0" >&2; exit 2; }
done
export PATH=$PATH:/usr/sbin
work=$(mktemp -d)
chmod 755 "$work"
pids=()
end() {
    for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap end EXIT

mkdir "$work/state" "$work/spool" "$work/munge"
head -c 1024 /dev/urandom >"$work/munge/key"
chmod 700 "$work/munge" && chmod 600 "$work/munge/key"
munged --foreground --force --key-file="$work/munge/key" --socket="$work/munge.socket" --pid-file="$work/munge/pid" \
    --log-file="$work/munge/log" --seed-file="$work/munge/seed" &
pids+=($!)
name=$(hostname -s)
cat >"$work/slurm.conf" <<CONF
ClusterName=one
SlurmctldHost=$name(127.0.0.1)
SlurmctldPort=46817
SlurmdPort=46818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_interval=1
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
ReturnToService=2
MinJobAge=300
NodeName=$name NodeAddr=127.0.0.1 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=$name Default=YES MaxTime=INFINITE State=UP
CONF
echo "CgroupAutomount=no" >"$work/cgroup.conf"
export SLURM_CONF=$work/slurm.conf
for _ in $(seq 50); do [ -S "$work/munge.socket" ] && break; sleep 0.1; done
slurmctld -D &
pids+=($!)
slurmd -D &
pids+=($!)
for _ in $(seq 100); do sinfo -h -o %T 2>/dev/null | grep -q idle && break; sleep 0.2; done
sinfo

begin=$(date +%s.%N)
"$root/docs/cluster/slurm.sh" "$space" "$work/out" "$shards"
# A shard that dies is put in the queue again; it goes on where it was.
killed=no
for _ in $(seq 200); do
    if [ -s "$work/out/shards/1/journal" ] && [ ! -e "$work/out/shards/1/points.csv" ]; then
        job=$(squeue -h -r -t R -o '%i' | grep '_1$' | head -1 || true)
        if [ -n "$job" ] && scontrol requeue "$job"; then killed=yes; break; fi
    fi
    [ -e "$work/out/shards/1/points.csv" ] && break
    sleep 0.05
done
while squeue -h | grep -q .; do sleep 0.5; done
seconds=$(echo "$(date +%s.%N) - $begin" | bc 2>/dev/null || echo "?")
cat "$work"/out/logs/*.log
"$EXCLUSIM" sweep "$space" --out "$work/whole"
for file in points.csv pareto.csv skipped.csv inputs.csv journal; do
    cmp "$work/whole/$file" "$work/out/$file"
done
echo "$shards shards under Slurm (a shard requeued: $killed), $seconds s: the same bytes as one process"
