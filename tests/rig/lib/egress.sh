# shellcheck shell=bash disable=SC2154
# A client that is a workload: the gateway itself calls a mutual host of the project, with the pair and the trust that istiod
# hands it out of the client's Secrets.

step_egress() {
  section "6e. A client's Secret, which a DestinationRule names: Envoy shows it to a mutual host"
  local file=$project/specs/egress.kdl before
  local -a out=(out.example.net / --http --body "$work/body")
  contents >"$work/before.txt"
  cat >"$file" <<KDL
authority "robots"
host "bank.example.com" authority="example-root" gateway="bookinfo-gateway" to="shop:8080" { tls mutual { clients "robots"; }; }
client "robot.example.net" authority="robots" namespace="istio-system" secret="robot-tls" { servers "example-root"; }
gateway "out" { servers { port number=80 name="http-out" protocol="HTTP"; hosts "out.example.net"; }; }
virtual-service "out" {
    hosts "out.example.net"
    gateways "out"
    http { rewrite authority="bank.example.com"; route { destination host="bank.example.org"; }; }
}
service-entry "bank" {
    hosts "bank.example.org"
    ports number=443 name="http" protocol="HTTP" target-port=8443
    resolution STATIC
    endpoints address="$GATEWAY_IP"
}
destination-rule "bank" {
    host "bank.example.org"
    traffic-policy {
        connection-pool { http max-requests-per-connection=1; } // an open connection goes on with the pair that it began with
        tls mode=MUTUAL credential-name="robot-tls" sni="bank.example.com" { subject-alt-names "bank.example.com"; }
    }
}
KDL
  exits "render" 0 as_operator render
  lacks "it finds every Secret that is named" 'unknown-secret' "$work/err.txt"
  apply
  is "nobody without a certificate" 000 "$(get_from bank.example.com / --cacert "$project/$root/ca.crt")"
  is "the gateway, which has one" 200 "$(get_from "${out[@]}" --until 200)"
  says "the host has seen it" 'DNS=robot\.example\.net' "$work/body"
  before=$(shown_client)

  exits "rotate client" 0 as_operator rotate client robot.example.net
  apply
  until_client_differs "$before"
  differs "a new pair is taken over while it runs" "$before" "$(shown_client)"

  exits "revoke client" 0 gatewright revoke client robot.example.net
  exits "and render" 0 as_operator render
  apply
  is "a revoked one is refused" 503 "$(get_from "${out[@]}" --until 503)"

  rm "$file"
  exits "taking the file away needs no identity" 0 gatewright render
  is "what the cluster gets is as before" "" "$(contents | grep ' out/' | diff - <(grep ' out/' "$work/before.txt"))"
  kube delete gateways.networking.istio.io/out virtualservices.networking.istio.io/out \
    virtualservices.networking.istio.io/bank.example.com serviceentries.networking.istio.io/bank \
    destinationrules.networking.istio.io/bank -n default >/dev/null
  kube delete secret robot-tls robot-tls-cacert -n istio-system >/dev/null
  apply
}

# The digest of the client's certificate that the host has seen.
shown_client() {
  get_from "${out[@]}" >/dev/null
  grep -o 'Hash=[0-9a-f]*' "$work/body" || true
}

until_client_differs() { # until_client_differs OLD
  local i
  for ((i = 0; i < 50; i++)); do
    if [ "$(shown_client)" != "$1" ]; then break; fi
    sleep 0.2
  done
}
