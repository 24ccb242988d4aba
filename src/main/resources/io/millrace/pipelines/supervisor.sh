# Runs CONTROL/command.sh as the leader of a session, and keeps in files what a server that comes later wants to know:
# CONTROL/pid (this process and when it started), CONTROL/output, CONTROL/exit.
# Usage: sh supervisor.sh CONTROL MEMORY_KIB|-
# Only what is built into the shell is used, since PATH is the command's own.
control=$1
memory=$2
trap : TERM INT HUP

if [ -r "/proc/$$/stat" ]; then
  read -r stat < "/proc/$$/stat"
  read -r boot < /proc/sys/kernel/random/boot_id
  set -- ${stat##*) }
  started="${20}@$boot"
else
  started=$(/bin/ps -o lstart= -p $$)
fi
printf '%s %s\n' "$$" "$started" > "$control/pid"

(
  if [ "$memory" != - ] && ! ulimit -v "$memory"; then
    echo "this system cannot limit memory: remove resources.memory from the step"
    exit 125
  fi
  exec /bin/sh -e "$control/command.sh"
) > "$control/output" 2>&1 < /dev/null
code=$?

# What the command left running ends with it.
trap '' TERM INT HUP
kill -TERM 0
printf '%s\n' "$code" > "$control/exit"
kill -KILL 0
