# shellcheck shell=bash disable=SC2154
# Who is revoked is refused by Envoy, the others pass: with one generation, with two in the bundle, under an intermediate.

step_revocation() {
  section "6. Revocation: the revoked are refused, the others pass"
  local file=$project/specs/partners.kdl serial
  contents >"$work/before.txt"
  cat >"$file" <<'KDL'
authority "partners"
authority "top"
authority "staff" authority="top"
authority "other" authority="top"
host "api.example.com" to="shop:8080" { tls mutual { clients "partners"; }; }
host "pick.example.com" to="shop:8080" { tls mutual { clients "anna.example.net"; }; }
host "desk.example.com" to="admin:8080" { tls mutual { clients "staff"; }; }
client "anna.example.net" authority="partners"
client "bob.example.net" authority="partners"
client "carl.example.net" authority="staff"
client "dora.example.net" authority="staff"
client "eve.example.net" authority="other"
KDL
  exits "two hosts with clients of other authorities" 0 as_operator render
  apply
  export_as 1 anna bob carl dora eve
  is "anna" 200 "$(as 1 anna api --until 200)"
  is "bob" 200 "$(as 1 bob api)"
  is "anna, at a host that names her" 200 "$(as 1 anna pick --until 200)"
  is "bob, at a host that names another client of the same authority" 000 "$(as 1 bob pick)"
  is "carl, under an intermediate" 200 "$(as 1 carl desk --until 200)"
  is "dora, under an intermediate" 200 "$(as 1 dora desk)"
  is "eve, under the intermediate's sibling" 000 "$(as 1 eve desk)"

  exits "revoke client" 0 gatewright revoke client bob.example.net
  says "it stands at the client" 'bob\.example\.net.* revoked=' "$file"
  exits "without an identity the list waits" 3 gatewright render
  says "it says what waits" 'revocation list of authority .partners' "$work/err.txt"
  exits "with the operator's it is signed" 0 as_operator render
  openssl_says "anna" 1 anna OK
  openssl_says "bob" 1 bob revoked
  apply
  is "bob is refused" 000 "$(as 1 bob api --until 000)"
  is "anna passes" 200 "$(as 1 anna api)"
  writes >"$work/writes.txt"
  exits "render again" 0 gatewright render --exit-code
  is "it wrote nothing" "" "$(writes | diff - "$work/writes.txt")"

  section "6b. Revocation with two generations in the bundle"
  sed -i 's|^authority "partners"|&  {\n    generation 1 introduced="2026-01-01" signs="2026-01-01"\n    generation 2 introduced="2026-01-02"\n}|' "$file"
  exits "a second generation is introduced" 0 as_operator render
  is "certificates and lists in the bundle" "2 2" "$(bundle_of api)"
  apply
  is "bob is refused" 000 "$(as 1 bob api --until 000)"
  is "anna passes" 200 "$(as 1 anna api --until 200)"
  sed -i 's|^    generation 2 introduced="2026-01-02"|& signs="2026-01-02"|' "$file"
  exits "it signs" 0 as_operator render
  export_as 2 anna bob
  apply
  is "anna passes with her new certificate" 200 "$(as 2 anna api --until 200)"
  is "and with her old one" 200 "$(as 1 anna api)"
  is "bob is refused" 000 "$(as 1 bob api)"
  serial=$(openssl x509 -in "$work/clients/1/anna.example.net.crt" -noout -serial | cut -d= -f2)
  exits "revoke one certificate of a client" 0 gatewright revoke client anna.example.net --serial "$serial"
  exits "and render" 0 as_operator render
  apply
  is "anna's old certificate is refused" 000 "$(as 1 anna api --until 000)"
  is "her new one passes" 200 "$(as 2 anna api)"

  section "6c. Revocation under an intermediate"
  exits "revoke client" 0 gatewright revoke client dora.example.net
  exits "and render" 0 as_operator render
  is "certificates and lists in the bundle, up to the root" "2 2" "$(bundle_of desk)"
  apply
  is "dora is refused" 000 "$(as 1 dora desk --until 000)"
  is "carl passes" 200 "$(as 1 carl desk --until 200)"
  is "eve, under the intermediate's sibling, is still refused" 000 "$(as 1 eve desk)"
  sed -i '/^client "dora/d' "$file"
  exits "a deleted line takes nothing back" 2 as_operator render
  says "it says what to write" 'revoked "[0-9a-f]{40}" on=' "$work/err.txt"

  rm "$file"
  exits "taking the file away needs no identity" 0 gatewright render
  is "what the cluster gets is as before" "" "$(contents | grep ' out/' | diff - <(grep ' out/' "$work/before.txt"))"
  apply
}

# People under an authority that may issue for no host: what Envoy's own checks make of its constraints.
step_people() {
  section "6d. People by their e-mail addresses alone, under an intermediate"
  local file=$project/specs/people.kdl dir=$work/people
  cat >"$file" <<'KDL'
authority "people-root"
authority "people" authority="people-root"
host "people.example.com" authority="people-root" gateway="bookinfo-gateway" to="shop:8080" { tls mutual { clients "people"; }; }
client "anna@example.com" authority="people"
KDL
  exits "render" 0 as_operator render
  openssl x509 -in "$project/pki/people/1.crt" -noout -ext nameConstraints >"$work/people.txt"
  says "no DNS name is permitted" 'DNS:' "$work/people.txt"
  apply
  exits "client export" 0 as_operator client export anna@example.com --to "$dir" --force
  is "anna passes" 200 "$(get_from people.example.com / --cacert "$project/pki/people-root/ca.crt" \
    --cert "$dir/anna@example.com.crt" --key "$dir/anna@example.com.key" --until 200)"
  is "nobody does without a certificate" 000 "$(get_from people.example.com / --cacert "$project/pki/people-root/ca.crt")"
  rm "$file"
  exits "without the file" 0 gatewright render
  apply
}

export_as() { # export_as FOLDER CLIENT...
  local folder=$work/clients/$1 name
  shift
  for name in "$@"; do
    exits "client export $name" 0 as_operator client export "$name.example.net" --to "$folder" --force
  done
}

# The status that a client gets at a host, with what was exported to a folder.
as() { # as FOLDER CLIENT HOST CURL-OPTION...
  local pair=$work/clients/$1/$2.example.net host=$3
  shift 3
  get_from "$host.example.com" / --cacert "$project/$root/ca.crt" --cert "$pair.crt" --key "$pair.key" "$@"
}

# How many certificates and revocation lists a host's bundle has.
bundle_of() {
  local secret=$project/out/istio-system/secret-$1.example.com-tls-cacert.yaml key
  for key in ca.crt ca.crl; do
    sed -n "s/^  *$key: *//p" "$secret" | tr -d "\"'" | base64 -d | grep -c -- '-----BEGIN'
  done | tr '\n' ' ' | sed 's/ $//'
}

openssl_says() { # openssl_says CLIENT FOLDER CLIENT WORD
  openssl verify -crl_check_all -CAfile "$project/pki/partners/ca.crt" -CRLfile "$project/pki/partners/ca.crl" \
    "$work/clients/$2/$3.example.net.crt" >"$work/openssl.txt" 2>&1 || true
  says "openssl, with the list: $1 is $4" "$4" "$work/openssl.txt"
}
