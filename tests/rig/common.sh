# shellcheck shell=bash
# What the rig's scripts share: pins, folders, and how to run something inside the rig.
# Sourced, not run.
#
#   RIG_CACHE  programs; survives rig-down (its default is in settings.sh)
#   RIG_NS     name of the network namespace
#   RIG_RUN    state and logs of one running rig

RIG_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../settings.sh
source "$RIG_HOME/../settings.sh"

RIG_NS=${RIG_NS:-gatewright-rig}
RIG_RUN=${RIG_RUN:-${TMPDIR:-/tmp}/$RIG_NS}
RIG_BIN=$RIG_CACHE/bin

# Addresses on the namespace's loopback interface. The benchmark range (RFC 2544) is nobody's; the
# API server takes no 127.x address for an endpoint.
# shellcheck disable=SC2034  # used by the scripts that source this file
{
  API_IP=198.18.0.1
  GATEWAY_IP=198.18.0.10
  BACKEND_NET=198.18.1
  BACKEND_PORT=20080 # none of the gateway's, which listens on every address
}

export PATH=$RIG_BIN:$PATH
export KUBECONFIG=$RIG_RUN/admin.kubeconfig
export KUBECACHEDIR=$RIG_RUN/kubectl-cache

die() {
  echo "${0##*/}: $*" >&2
  exit 1
}

require_root() {
  [ "$(id -u)" = 0 ] || die "needs root: it makes a network namespace"
}

# Runs a command inside the rig's network namespace.
inside() {
  ip netns exec "$RIG_NS" "$@"
}

kube() {
  inside kubectl "$@"
}

# start NAME FOLDER COMMAND...: runs COMMAND in the background, inside, in FOLDER.
# Its process id goes to pids/NAME and what it prints to log/NAME.log.
start() {
  local name=$1 folder=$2
  shift 2
  mkdir -p "$RIG_RUN/pids" "$RIG_RUN/log" "$folder"
  # shellcheck disable=SC2016  # the inner shell expands it
  (cd "$folder" && exec setsid ip netns exec "$RIG_NS" \
    sh -c 'echo $$ >"$0"; exec "$@"' "$RIG_RUN/pids/$name" "$@") \
    >"$RIG_RUN/log/$name.log" 2>&1 </dev/null &
}

# Is the process that `start NAME` started still there? A reused id would be outside our namespace.
running() {
  local pid
  pid=$(cat "$RIG_RUN/pids/$1" 2>/dev/null) || return 1
  [ "$(ip netns identify "$pid" 2>/dev/null)" = "$RIG_NS" ]
}

# wait_until SECONDS NAME COMMAND...: repeats COMMAND until it succeeds. Gives up when the time is
# over or when NAME, a process of ours, has ended.
wait_until() {
  local end=$((SECONDS + $1)) name=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ "$SECONDS" -ge "$end" ] || { [ -s "$RIG_RUN/pids/$name" ] && ! running "$name"; }; then
      tail -n 20 "$RIG_RUN/log/$name.log" >&2 || true
      die "$name is not ready: $* (its log: $RIG_RUN/log/$name.log)"
    fi
    sleep 0.2
  done
}
