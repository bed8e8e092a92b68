# shellcheck shell=bash disable=SC2154
# The walkthrough's mesh: istiod issues for workloads under a root of ours, which is rotated in stages. The workload is the
# gateway, whose own certificate its agent gets from istiod. There is no kubelet, so the rig puts the Secret where istiod
# looks for it.

step_mesh() {
  section "7. istiod issues under our root, and takes over what changes of it"
  local project=$work/mesh later root=pki/mesh-root/ca.crt
  mkdir -p "$project/specs"
  git init -q "$project"
  cp "$work/project/.sops.yaml" "$project/"
  printf '%s\n' 'authority "mesh-root"' 'cacerts "rig" authority="mesh-root"' >"$project/specs/mesh.kdl"
  exits "render" 0 gatewright render
  take_cacerts
  parts_fit
  stop istiod
  start_istiod ISTIO_MULTIROOT_MESH=true
  istiod_is_ready
  workload_is_ours "plugged in"

  exits "introduce" 0 gatewright rotate authority mesh-root --stage introduce
  exits "render needs no identity" 0 gatewright render
  take_cacerts
  says_soon "istiod takes the second root over" "Updating new ROOT-CA"
  workload_is_ours "introduced" 2

  exits "switch" 0 gatewright rotate authority mesh-root --stage switch
  exits "render" 0 as_operator render
  take_cacerts
  parts_fit
  says_soon "istiod takes its new authority over" "detected the newly added intermediate CA"
  cp "$work/mesh-chain.pem" "$work/mesh-before.pem"
  workload_is_ours "switched" 2
  holds "the workload of before is believed" \
    openssl verify -CAfile "$project/$root" -untrusted "$work/mesh-before.pem" "$work/mesh-before.pem"

  later=$(date -u -d '+31 days' +%Y-%m-%dT%H:%M:%SZ)
  exits "retire, a month later" 0 gatewright rotate authority mesh-root --stage retire --now "$later"
  exits "render needs no identity" 0 gatewright render --now "$later"
  take_cacerts
  says_soon "istiod gives the old root up" "Updating new ROOT-CA"
  workload_is_ours "retired"
}

# Applies the Secret, and does what a kubelet does with one that is mounted. Where istiod's log ends then is noted.
take_cacerts() {
  holds "kubectl apply" "$RIG_HOME/rig-apply" "$project/out/_cacerts/rig" --age-key "$work/keys/cluster.txt"
  wc -c <"$RIG_RUN/log/istiod.log" >"$work/mesh-log"
  mkdir -p "$RIG_RUN/istiod/etc/cacerts"
  kube get secret cacerts -n istio-system -o json | python3 -c '
import base64, json, os, sys
for name, value in json.load(sys.stdin)["data"].items():
    path = os.path.join(sys.argv[1], name)
    with open(path + ".new", "wb") as file:
        file.write(base64.b64decode(value))
    os.rename(path + ".new", path)' "$RIG_RUN/istiod/etc/cacerts"
}

# What is in the Secret, as openssl sees it.
parts_fit() {
  local at=$RIG_RUN/istiod/etc/cacerts
  holds "openssl: ca-cert.pem follows from root-cert.pem" openssl verify -x509_strict -CAfile "$at/root-cert.pem" "$at/ca-cert.pem"
  openssl x509 -in "$at/ca-cert.pem" -noout -ext basicConstraints >"$work/mesh.txt"
  says "its path length" 'CA:TRUE, pathlen:0' "$work/mesh.txt"
  is "cert-chain.pem begins with it" "$(cat "$at/ca-cert.pem")" "$(openssl x509 -in "$at/cert-chain.pem")"
  is "ca-key.pem is its key" "$(openssl x509 -in "$at/ca-cert.pem" -noout -pubkey)" "$(openssl pkey -in "$at/ca-key.pem" -pubout)"
}

# says_soon NAME PATTERN: istiod's log says it after the last change
says_soon() {
  local i
  for ((i = 0; i < 50; i++)); do
    tail -c "+$(($(cat "$work/mesh-log") + 1))" "$RIG_RUN/log/istiod.log" >"$work/mesh-said.txt"
    if grep -q "$2" "$work/mesh-said.txt"; then break; fi
    sleep 0.2
  done
  says "$1" "$2" "$work/mesh-said.txt"
}

# workload_is_ours NAME [ROOTS]: a gateway that starts now has a certificate that follows from our root, and trusts it alone,
# or as many roots as are in ca.crt.
workload_is_ours() {
  wait_until 30 istiod roots_are_told
  stop gateway
  start_gateway
  wait_until 30 gateway secrets_are_there
  holds "$1: the gateway's own certificate follows from our root" \
    openssl verify -CAfile "$project/$root" -untrusted "$work/mesh-chain.pem" "$work/mesh-chain.pem"
  holds "$1: istiod's authority is between" \
    cmp "$RIG_RUN/istiod/etc/cacerts/ca-cert.pem" <(openssl crl2pkcs7 -nocrl -certfile "$work/mesh-chain.pem" |
      openssl pkcs7 -print_certs | awk '/BEGIN/ { n++ } n == 2 && /BEGIN/, n == 2 && /END/')
  is "$1: roots that it trusts" "${2:-1}" "$(grep -c BEGIN "$work/mesh-roots.pem")"
  is "$1: they are ours" "$(sort "$project/$root")" "$(sort "$work/mesh-roots.pem")"
  holds "$1: the gateway takes it" "$RIG_HOME/rig-check"
}

# The roots that istiod gives to every namespace are ours.
roots_are_told() {
  cmp "$RIG_RUN/istiod/etc/cacerts/root-cert.pem" \
    <(kube get configmap istio-ca-root-cert -n istio-system -o jsonpath='{.data.root-cert\.pem}')
}

# The certificate and the roots that Envoy has of its agent, as files.
secrets_are_there() {
  inside curl -sf 'http://127.0.0.1:15000/config_dump?resource=dynamic_active_secrets' | python3 -c '
import base64, json, sys
secrets = {one["name"]: one["secret"] for one in json.load(sys.stdin)["configs"]}
for path, part in (sys.argv[1], secrets["default"]["tls_certificate"]["certificate_chain"]), (sys.argv[2], secrets["ROOTCA"]["validation_context"]["trusted_ca"]):
    with open(path, "wb") as file:
        file.write(base64.b64decode(part["inline_bytes"]))' "$work/mesh-chain.pem" "$work/mesh-roots.pem"
}
