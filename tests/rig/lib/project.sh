# shellcheck shell=bash disable=SC2154
# The walkthrough's scratch project, and how its steps run gatewright, apply and ask.

# A run before this one may have left its objects.
clean_cluster() {
  kube delete authorizationpolicies.security.istio.io,gateways.networking.istio.io,virtualservices.networking.istio.io,destinationrules.networking.istio.io,serviceentries.networking.istio.io,secrets \
    -A -l app.kubernetes.io/managed-by=gatewright >/dev/null
  "$RIG_HOME/rig-service" default shop 8080 v1
  "$RIG_HOME/rig-service" default admin 8080 v1
}

# Two audiences: the operator opens everything, the cluster only what is applied to it.
make_project() {
  rm -rf "$work"
  mkdir -p "$project/specs" "$work/home" "$work/keys"
  git init -q "$project"
  cp "$RIG_HOME/../../specs/bookinfo.kdl" "$project/specs/"
  age-keygen -o "$work/keys/operator.txt" 2>/dev/null
  age-keygen -o "$work/keys/cluster.txt" 2>/dev/null
  local operator cluster
  operator=$(age-keygen -y "$work/keys/operator.txt")
  cluster=$(age-keygen -y "$work/keys/cluster.txt")
  cat >"$project/.sops.yaml" <<YAML
creation_rules:
  - path_regex: ^pki/
    age: $operator
  - path_regex: ^out/
    age: $operator,$cluster
YAML
}

# Runs gatewright in the project where no identity can be found. Stdout and stderr go to out.txt and
# err.txt; all of it is kept for the last step.
gatewright() {
  local code=0
  env -i HOME="$work/home" ${identity:+SOPS_AGE_KEY_FILE="$identity"} \
    "$binary" -C "$project" "$@" >"$work/out.txt" 2>"$work/err.txt" || code=$?
  cat "$work/out.txt" "$work/err.txt" >>"$work/said.txt"
  return "$code"
}

as_operator() { identity=$work/keys/operator.txt gatewright "$@"; }
as_cluster() { identity=$work/keys/cluster.txt gatewright "$@"; }

# exits NAME CODE COMMAND...: COMMAND, one of the three above, must end with CODE
exits() {
  local name=$1 expected=$2 code=0
  shift 2
  "$@" || code=$?
  if [ "$code" = "$expected" ]; then
    pass "$name (exit $code)"
  else
    fail "$name" "expected exit $expected, got $code: $*" "$(tail -n 20 "$work/out.txt" "$work/err.txt")"
  fi
}

# The real sops with just the identity of WHO, the operator or the cluster.
sops_as() { # sops_as WHO FILE
  env -i PATH="$PATH" HOME="$work/home" SOPS_AGE_KEY_FILE="$work/keys/$1.txt" sops decrypt "$2"
}

apply() {
  holds "plain kubectl apply" "$RIG_HOME/rig-apply" "$project/out" --age-key "$work/keys/cluster.txt"
  holds "the gateway takes it" "$RIG_HOME/rig-check"
}

# The status of https://bookinfo.example.com/PATH, or 000; curl's reason stays in curl.txt.
get() { "$RIG_HOME/rig-curl" "$host" "$@" 2>"$work/curl.txt" || true; }
# The same for any other host.
get_from() { "$RIG_HOME/rig-curl" "$@" 2>"$work/curl.txt" || true; }
# Curl's exit code for it.
curl_code() {
  local code=0
  "$RIG_HOME/rig-curl" "$host" "$@" >/dev/null 2>"$work/curl.txt" || code=$?
  echo "$code"
}
# Which service answered last.
answered() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["service"])' "$work/body" 2>/dev/null || echo nobody; }

# FIELD (an option of openssl x509) of the certificate that is served for bookinfo.example.com
served() {
  inside openssl s_client -connect 127.0.0.1:8443 -servername "$host" </dev/null 2>/dev/null |
    openssl x509 -noout "$1" 2>/dev/null || true
}
until_served_differs() { # until_served_differs FIELD OLD
  local i now
  for ((i = 0; i < 100; i++)); do
    now=$(served "$1")
    if [ -n "$now" ] && [ "$now" != "$2" ]; then break; fi
    sleep 0.2
  done
  echo "$now"
}

# The certificate in a Secret: readable without any identity.
leaf() { sed -n 's/^  *tls\.crt: *//p' "$project/$secret" | tr -d "\"'" | base64 -d; }

# Whole days until a certificate on stdin ends.
days_left() {
  local end
  end=$(date -d "$(openssl x509 -noout -enddate | cut -d= -f2)" +%s)
  echo $(((end - $(date +%s) + 43200) / 86400))
}

files() { (cd "$project" && find out pki -type f | LC_ALL=C sort); }
# Contents only, and contents with the time and place of every write.
contents() { (cd "$project" && find out pki -type f -exec sha256sum {} + | LC_ALL=C sort -k 2); }
writes() { (cd "$project" && find out pki specs -printf '%p %i %T@\n' | LC_ALL=C sort); }
changed_since() { # changed_since FILE, made by contents; one line
  { contents | diff - "$1" || true; } | sed -n 's/^[<>] [0-9a-f]*  //p' | LC_ALL=C sort -u | tr '\n' ' ' | sed 's/ $//'
}
in_spec() { sed -i "$1" "$project/specs/bookinfo.kdl"; }
