# shellcheck shell=bash disable=SC2154
# The walkthrough's steps, in order. Each leaves the project and the cluster as the next one finds them.

step_certificates() {
  section "1. A root authority and a certificate, from nothing"
  exits "the first render needs no identity" 0 gatewright render
  is "the tree is the one to expect" "$(expected_tree)" "$(files)"

  local ca=$project/$root/ca.crt
  openssl x509 -in "$ca" -noout -subject -ext basicConstraints >"$work/ca.txt"
  says "the root's common name" 'CN *= *example\.com' "$work/ca.txt"
  says "the root's organization" 'O *= *example Inc\.' "$work/ca.txt"
  says "the root is an authority" 'CA:TRUE' "$work/ca.txt"
  is "the root's key" "Public-Key: (2048 bit)" "$(key_size <"$ca")"
  is "the root's days" 365 "$(days_left <"$ca")"

  leaf >"$work/leaf.crt"
  openssl x509 -in "$work/leaf.crt" -noout -subject -ext subjectAltName >"$work/leaf.txt"
  says "the leaf's organization" 'O *= *bookinfo organization' "$work/leaf.txt"
  says "the leaf's name" 'DNS:bookinfo\.example\.com' "$work/leaf.txt"
  is "the leaf's key" "Public-Key: (2048 bit)" "$(key_size <"$work/leaf.crt")"
  holds "openssl: the leaf is the root's, for this host" \
    openssl verify -x509_strict -purpose sslserver -verify_hostname "$host" -CAfile "$ca" "$work/leaf.crt"

  local sealed
  while IFS= read -r sealed; do
    holds "sops opens $sealed as operator" sops_as operator "$project/$sealed"
    case $sealed in
      out/*) holds "sops opens $sealed as cluster" sops_as cluster "$project/$sealed" ;;
      pki/*) fails "the cluster cannot open $sealed" sops_as cluster "$project/$sealed" ;;
    esac
  done < <(files | grep '\.sops\.yaml$')
}

key_size() { openssl x509 -noout -text | grep -oE 'Public-Key: \([0-9]+ bit\)'; }

expected_tree() {
  cat <<'LIST'
out/default/destinationrule-details.yaml
out/default/destinationrule-productpage.yaml
out/default/destinationrule-ratings.yaml
out/default/destinationrule-reviews.yaml
out/default/gateway-bookinfo-gateway.yaml
out/default/kustomization.yaml
out/default/virtualservice-bookinfo.example.com.yaml
out/istio-system/kustomization.yaml
out/istio-system/secret-bookinfo-credential.sops.yaml
out/kustomization.yaml
pki/example-root/1.crt
pki/example-root/1.key.sops.yaml
pki/example-root/ca.crt
pki/example-root/clients/client.example.com.crt
pki/example-root/clients/client.example.com.key.sops.yaml
LIST
}

step_simple() {
  section "2. The tree is accepted, and HTTPS works for who trusts the root"
  holds "kubectl kustomize out/" kube kustomize "$project/out"
  holds "the API server's schema, strictly, and istiod's webhook" "$RIG_HOME/rig-apply" "$project/out" \
    --age-key "$work/keys/cluster.txt" --dry-run=server --validate=strict
  judges_have_teeth
  apply
  is "Secret type" kubernetes.io/tls "$(kube get secret bookinfo-credential -n istio-system -o jsonpath='{.type}')"
  is "Gateway server" "443 SIMPLE bookinfo-credential" "$(kube get gateway bookinfo-gateway \
    -o jsonpath='{range .spec.servers[?(@.tls.mode)]}{.port.number} {.tls.mode} {.tls.credentialName}{end}')"
  is "subsets of productpage" "v1" "$(subsets productpage)"
  is "subsets of reviews" "v1 v2 v3" "$(subsets reviews)"
  is "subsets of ratings" "v1 v2 v2-mysql v2-mysql-vm" "$(subsets ratings)"
  is "subsets of details" "v1 v2" "$(subsets details)"

  local ca=$project/$root/ca.crt path
  is "/productpage, with the root" 200 "$(get /productpage --cacert "$ca" --until 200 --body "$work/body")"
  is "who answers" productpage "$(answered)"
  for path in /static /static/x.css /login /logout /api/v1/products /api/v1/products/0/reviews; do
    is "$path" 200 "$(get "$path" --cacert "$ca")"
  done
  for path in / /other /productpagex /staticx /login/x /api/v1 /api/v1/productsx; do
    is "$path has no route" 404 "$(get "$path" --cacert "$ca")"
  done
  is "without the root: curl's exit code" 60 "$(curl_code /productpage)"
  is "port 80" "301 https://$host/productpage" \
    "$(get /productpage --http -w '%{http_code} %{redirect_url}' --until "301 https://$host/productpage")"
}

subsets() { kube get destinationrule "$1" -o jsonpath='{.spec.subsets[*].name}'; }

# Acceptance means something only where these are refused, each by the part that is named.
judges_have_teeth() {
  local gateway='{"apiVersion": "networking.istio.io/v1", "kind": "Gateway", "metadata": {"name": "bad", "namespace": "default"}, "spec": '
  local server='{"servers": [{"hosts": ["a.example"], "port": {"number": 443, "name": "h", "protocol": "HTTPS"}, "tls": '
  refused "the schema refuses an unknown field" "unknown field|strict decoding" "$gateway"'{"selectr": {"a": "b"}}}'
  refused "the schema refuses a wrong TLS mode" "Unsupported value" "$gateway$server"'{"mode": "BOTH"}}]}}'
  refused "istiod's webhook refuses SIMPLE without a credential" "validation.istio.io.*denied" "$gateway$server"'{"mode": "SIMPLE"}}]}}'
  refused "the API server refuses a TLS Secret without its key" "tls.key" '{"apiVersion": "v1", "kind": "Secret",
    "type": "kubernetes.io/tls", "metadata": {"name": "bad", "namespace": "default"}, "data": {"tls.crt": ""}}'
}

step_quiet() {
  section "Quiet: the same spec writes nothing, and daily work needs no identity"
  writes >"$work/writes.txt"
  contents >"$work/before.txt"
  exits "render again" 0 gatewright render --exit-code
  is "it wrote nothing" "" "$(writes | diff - "$work/writes.txt")"
  exits "check" 0 gatewright check
  exits "diff" 0 gatewright diff
  exits "status" 0 gatewright status
  says "status names the host" 'bookinfo\.example\.com' "$work/out.txt"
  exits "why" 0 gatewright why out/default/gateway-bookinfo-gateway.yaml
  says "why names the spec" 'specs/bookinfo\.kdl' "$work/out.txt"

  in_spec 's|"/login"|"/login" "/health"|; s|"v3" version="v3"|"v3" version="v2"|'
  exits "check sees a changed spec" 1 gatewright check
  exits "diff shows a changed spec" 1 gatewright diff
  says "diff shows the route" '^\+.*/health' "$work/out.txt"
  exits "a changed route and label need no identity" 0 gatewright render
  is "only their files changed" "out/default/destinationrule-reviews.yaml out/default/virtualservice-bookinfo.example.com.yaml" \
    "$(changed_since "$work/before.txt")"
  apply
  is "the new route" 200 "$(get /health --cacert "$project/$root/ca.crt" --until 200)"
  in_spec 's| "/health"||; s|"v3" version="v2"|"v3" version="v3"|'
  exits "and back" 0 gatewright render
  is "to the very same tree" "" "$(contents | diff - "$work/before.txt")"
  apply
}

step_rotation() {
  section "3. A new root: the old one no longer works"
  local old=$work/old-ca.crt new=$project/$root/ca.crt
  cp "$new" "$old"
  exits "rotate authority" 0 as_operator rotate authority example-root
  exits "render carries it out" 0 as_operator render
  fails "ca.crt is another one" cmp "$new" "$old"
  apply
  is "/productpage, with the new root" 200 "$(get /productpage --cacert "$new" --until 200)"
  is "/productpage, with the old root" 000 "$(get /productpage --cacert "$old")"

  section "3b. A new key and certificate under the same root"
  local serial key
  cp "$new" "$work/kept-ca.crt"
  serial=$(served -serial)
  key=$(served -pubkey)
  exits "rotate host" 0 as_operator rotate host "$host"
  exits "render carries it out" 0 as_operator render
  holds "ca.crt is the same" cmp "$new" "$work/kept-ca.crt"
  apply
  differs "the served serial number is a new one" "$serial" "$(until_served_differs -serial "$serial")"
  differs "the served key is a new one" "$key" "$(served -pubkey)"
  is "/productpage, with the root from before" 200 "$(get /productpage --cacert "$work/kept-ca.crt")"
  writes >"$work/writes.txt"
  exits "render again" 0 gatewright render --exit-code
  is "it wrote nothing" "" "$(writes | diff - "$work/writes.txt")"
}

step_mutual() {
  section "4. Mutual TLS by one word, and back"
  local ca=$project/$root/ca.crt client=$work/client uid line
  exits "client export" 0 as_operator client export client.example.com --to "$client"
  holds "openssl: the client's certificate is the root's" \
    openssl verify -x509_strict -purpose sslclient -CAfile "$ca" "$client/client.example.com.crt"
  uid=$(secret_uid)
  contents >"$work/simple.txt"
  in_spec 's/tls simple/tls mutual/'
  exits "render needs no identity" 0 gatewright render
  is "files that changed" \
    "out/default/gateway-bookinfo-gateway.yaml out/istio-system/kustomization.yaml out/istio-system/secret-bookinfo-credential-cacert.yaml" \
    "$(changed_since "$work/simple.txt")"
  apply
  is "the Secret is the same object" "$uid" "$(secret_uid)"
  is "without a client certificate" 000 "$(get /productpage --cacert "$ca" --until 000)"
  # under TLS 1.3 the client learns of it late; 1.2 gives one exit code
  is "without one, under TLS 1.2: handshake failure" 35 "$(curl_code /productpage --cacert "$ca" --tls-max 1.2)"
  is "with client.example.com's" 200 "$(get_as_client --until 200)"
  exits "connect" 0 gatewright connect "$host" --ingress 127.0.0.1:8443
  line=$(printed curl | head -n 1 | sed -E "s| --cert [^ ]+| --cert $client/client.example.com.crt|; s| --key [^ ]+| --key $client/client.example.com.key|")
  says "the curl line asks for the client's pair" " --cert .* --key " <(echo "$line")
  is "the printed curl line, with the exported pair" 200 "$(run_curl_line "$line")"
  make_strangers
  is "with another root's client.example.com" 000 \
    "$(get /productpage --cacert "$ca" --cert "$work/stranger/client.crt" --key "$work/stranger/client.key")"
  is "with the server's own certificate" 000 "$(get_as_server)"
  is "still, with client.example.com's" 200 "$(get_as_client)"

  in_spec 's/tls mutual/tls simple/'
  exits "back to simple needs no identity" 0 gatewright render
  is "to the very same tree" "" "$(contents | diff - "$work/simple.txt")"
  apply
  is "without a client certificate" 200 "$(get /productpage --cacert "$ca" --until 200)"
  is "the Secret is the same object" "$uid" "$(secret_uid)"
}

secret_uid() { kube get secret bookinfo-credential -n istio-system -o jsonpath='{.metadata.uid}'; }

get_as_client() {
  get /productpage --cacert "$project/$root/ca.crt" --cert "$work/client/client.example.com.crt" \
    --key "$work/client/client.example.com.key" "$@"
}

# A server's certificate must not open a mutual host: it is for servers only.
get_as_server() {
  local scratch status
  scratch=$(mktemp -d /dev/shm/walkthrough.XXXXXX)
  sops_as cluster "$project/$secret" | sed -n 's/^  *tls\.key: *//p' | tr -d "\"'" | base64 -d >"$scratch/key"
  leaf >"$scratch/crt"
  status=$(get /productpage --cacert "$project/$root/ca.crt" --cert "$scratch/crt" --key "$scratch/key")
  rm -rf "$scratch"
  # curl also says 000 when it could not read the pair
  if grep -qE 'curl: \(58\)' "$work/curl.txt"; then status="unusable pair"; fi
  echo "$status"
}

# Another root with our root's subject, and a client with our client's.
make_strangers() {
  local dir=$work/stranger
  mkdir -p "$dir"
  openssl req -x509 -sha256 -nodes -days 2 -newkey rsa:2048 -subj '/O=example Inc./CN=example.com' \
    -keyout "$dir/ca.key" -out "$dir/ca.crt" 2>/dev/null
  openssl req -new -newkey rsa:2048 -nodes -subj '/O=client organization/CN=client.example.com' \
    -keyout "$dir/client.key" -out "$dir/client.csr" 2>/dev/null
  openssl x509 -req -sha256 -days 2 -in "$dir/client.csr" -CA "$dir/ca.crt" -CAkey "$dir/ca.key" \
    -CAcreateserial -out "$dir/client.crt" 2>/dev/null
}

step_sni() {
  section "4b. A mutual host beside a wildcard one is not reached by another name"
  local ca=$project/$root/ca.crt name
  local -a cert=(--cert "$work/client/client.example.com.crt" --key "$work/client/client.example.com.key")
  contents >"$work/before.txt"
  cat >"$project/specs/apps.kdl" <<'KDL'
domain "apps.example.com" authority="example-root" gateway="bookinfo-gateway" {
    host "*" to="shop:8080"
    host "admin" to="admin:8080" {
        tls mutual
    }
}
KDL
  exits "new hosts without an identity: the rest is done" 3 gatewright render
  says "it names the wildcard's certificate" '\*\.apps\.example\.com' "$work/err.txt"
  says "it names the mutual host's certificate" 'admin\.apps\.example\.com' "$work/err.txt"
  holds "nothing that is listed is missing" kube kustomize "$project/out"
  exits "check --allow-waiting" 0 gatewright check --allow-waiting
  exits "with the cluster's identity they still wait" 3 as_cluster render
  exits "with the operator's they are issued" 0 as_operator render
  apply
  is "shop, no client certificate" 200 \
    "$(get_from shop.apps.example.com / --cacert "$ca" --until 200 --body "$work/body")"
  is "who answers" shop "$(answered)"
  is "admin, with a client certificate" 200 \
    "$(get_from admin.apps.example.com / --cacert "$ca" "${cert[@]}" --until 200 --body "$work/body")"
  is "who answers" admin "$(answered)"
  is "admin, without a client certificate" 000 "$(get_from admin.apps.example.com / --cacert "$ca")"
  for name in shop.apps.example.com other.apps.example.com "$host"; do
    never_admin "SNI $name, Host admin" "$name" --cacert "$ca"
    never_admin "the same under HTTP/1.1" "$name" --cacert "$ca" --http1.1
    never_admin "the same with a port" "$name" --cacert "$ca" -H "Host: admin.apps.example.com:443"
  done
  never_admin "no SNI, Host admin" 127.0.0.1 --insecure
  never_admin "port 80, Host admin" shop.apps.example.com --http

  rm "$project/specs/apps.kdl"
  exits "taking the file away needs no identity" 0 gatewright render
  is "back to the very same tree" "" "$(contents | diff - "$work/before.txt")"
}

# never_admin NAME SNI CURL-OPTION...: asks for the mutual host under another name's TLS
never_admin() {
  local title=$1 sni=$2 status
  shift 2
  rm -f "$work/body"
  status=$(get_from "$sni" / -H "Host: admin.apps.example.com" --body "$work/body" "$@")
  if [ "$(answered)" = admin ]; then
    fail "$title reaches admin" "status $status"
  else
    pass "$title: not admin ($status, $(answered))"
  fi
}

step_words() {
  section "4c. Istio's own words: a matcher, a fault, a redirect, an answer, a policy"
  local ca=$project/$root/ca.crt
  local -a tester=(--cacert "$ca" -H "x-tester: yes")
  contents >"$work/before.txt"
  cat >"$project/specs/words.kdl" <<'KDL'
route "/productpage" host="bookinfo.example.com" to="productpage:9080" {
    match { headers { x-tester exact="yes" } }
    fault { abort percentage=100 http-status=418 }
}
route "/old" host="bookinfo.example.com" { redirect uri="/productpage" }
route "/closed/*" host="bookinfo.example.com" { direct-response status=503 { body string="closed" } }
authorization-policy "walkthrough" namespace="istio-system" {
    selector { match-labels istio="ingressgateway" }
    action DENY
    rules { to { operation { paths "/logout" } } }
}
KDL
  exits "they need no identity" 0 gatewright render
  holds "the API server's schema, strictly, and istiod's webhook" "$RIG_HOME/rig-apply" "$project/out" \
    --age-key "$work/keys/cluster.txt" --dry-run=server --validate=strict
  apply
  is "/productpage as a tester: aborted" 418 "$(get /productpage "${tester[@]}" --until 418)"
  is "/productpage as anybody else" 200 "$(get /productpage --cacert "$ca")"
  is "/old redirects" 301 "$(get /old --cacert "$ca" --until 301)"
  is "/closed/now answers" 503 "$(get /closed/now --cacert "$ca" --until 503)"
  is "/logout is denied" 403 "$(get /logout --cacert "$ca" --until 403)"
  is "/login is not" 200 "$(get /login --cacert "$ca")"

  rm "$project/specs/words.kdl"
  exits "taking the file away needs no identity" 0 gatewright render
  is "back to the very same tree" "" "$(contents | diff - "$work/before.txt")"
  # what prunes in a cluster is not ours
  kube delete authorizationpolicy -n istio-system walkthrough >/dev/null
  apply
  is "/logout is open again" 200 "$(get /logout --cacert "$ca" --until 200)"
}

step_connect() {
  section "5. What a person needs to reach it"
  local line
  exits "connect" 0 gatewright connect "$host" --ingress 127.0.0.1:8443
  says "a hosts-file entry" "^ *127\.0\.0\.1[[:space:]]+bookinfo\.example\.com" "$work/out.txt"
  line=$(printed curl | head -n 1)
  says "the curl line names the root" 'ca\.crt' <(echo "$line")
  is "the printed curl line" 200 "$(run_curl_line "$line")"

  exits "connect, where the address is not known" 0 gatewright connect "$host"
  # one asks for an address and one for a name, since a load balancer has either; the rig's has an address
  grep -oE 'kubectl [^()]+' "$work/out.txt" >"$work/kubectl.txt" || true
  is "kubectl lines" 2 "$(wc -l <"$work/kubectl.txt")"
  is "together they print" "$GATEWAY_IP" "$(inside bash -e "$work/kubectl.txt" 2>&1)"

  local dir=$work/export
  exits "client export, with PKCS#12" 0 as_operator client export client.example.com --to "$dir" --p12
  cp "$work/out.txt" "$work/export.txt"
  cat "$work/err.txt" >>"$work/export.txt"
  is "the key file's mode" 600 "$(stat -c %a "$dir/client.example.com.key")"
  is "the PKCS#12 file's mode" 600 "$(stat -c %a "$dir/client.example.com.p12")"
  holds "the exported CA is the root" cmp "$dir/ca.crt" "$project/$root/ca.crt"
  is "key and certificate belong together" "$(openssl x509 -in "$dir/client.example.com.crt" -noout -pubkey)" \
    "$(openssl pkey -in "$dir/client.example.com.key" -pubout)"
  holds "openssl reads the PKCS#12 file" openssl pkcs12 -in "$dir/client.example.com.p12" -noout -passin "pass:$(p12_password)"
  is "it holds the same certificate" "$(openssl x509 -in "$dir/client.example.com.crt" -noout -fingerprint -sha256)" \
    "$(openssl pkcs12 -in "$dir/client.example.com.p12" -passin "pass:$(p12_password)" -nokeys -clcerts 2>/dev/null |
      openssl x509 -noout -fingerprint -sha256)"

  ln -s "$project/pki" "$work/way-in"
  exits "export into the repository" 2 as_operator client export client.example.com --to "$project/keys"
  exits "export into it by a symlink" 2 as_operator client export client.example.com --to "$work/way-in/keys"
  is "neither wrote anything" "" "$(find "$project" -name keys)"
  exits "export with the cluster's identity" 3 as_cluster client export client.example.com --to "$work/no-export"
  is "it wrote no key" "" "$(find "$work/no-export" -name '*.key' 2>/dev/null)"
}

# The commands of that name among what was printed, one a line, with continued lines joined.
printed() {
  sed -e ':again' -e '/\\$/{N;s/ *\\\n */ /;b again' -e '}' "$work/out.txt" | sed -nE "s/^[ \$]*($1 .*)/\1/p"
}

# The status that a printed line gets: run inside the rig, from where gatewright was called, since its paths are as seen
# from there.
run_curl_line() {
  inside bash -c "${1/#curl/curl -sS -o /dev/null -w %\{http_code\}}" 2>"$work/curl.txt" || true
}

p12_password() { sed -nE 's/.*[Pp]assword[^:]*: *([^ ]+).*/\1/p' "$work/export.txt" | head -n 1; }

step_secrecy() {
  section "No private key in the clear"
  local key='BEGIN [A-Z ]*PRIVATE KEY|LS0tLS1CRUdJTiB(QUklWQVRF|SU0Eg|FQyBQ|FTkNS)|AGE-SECRET-KEY'
  is "files of the project with one" "" "$(grep -rlE "$key" "$project" || true)"
  is "lines of gatewright's output with one" 0 "$(grep -cE "$key" "$work/said.txt" || true)"
  is "left behind in .gatewright/" "" "$(find "$project/.gatewright" -type f -size +0 2>/dev/null || true)"
}
