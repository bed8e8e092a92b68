# shellcheck shell=bash disable=SC2154
# The walkthrough's rotation in stages: a client of before and one of after ask at each of them, and so does one that was
# never given the new root.

step_stages() {
  section "6. A new root in stages: nobody is shut out before the end"
  in_spec 's/tls simple/tls mutual/'
  exits "render" 0 gatewright render
  apply
  take_stages
  section "6b. The same, cross-signed: who knows only the old root notices nothing either"
  in_spec 's/^authority "example-root" {/authority "example-root" cross-signed {/'
  take_stages cross
}

# take_stages [cross]: one rotation, from a cluster that serves the generation before it
take_stages() {
  local ca=$project/$root/ca.crt dir=$work/stages${1:-} serial later stranger=000
  [ -z "${1:-}" ] || stranger=200
  rm -rf "$dir"
  exits "export a client of before" 0 as_operator client export client.example.com --to "$dir/old"
  cp "$ca" "$work/old-root.crt"
  is "before: the old client, the old root" 200 "$(ask old "$work/old-root.crt" --until 200)"
  exits "retire comes last" 2 as_operator rotate authority example-root --stage retire

  exits "introduce" 0 gatewright rotate authority example-root --stage introduce
  exits "render" 0 as_operator render
  apply
  is "certificates in ca.crt" 2 "$(grep -c BEGIN "$ca")"
  is "introduced: the old client, the old root" 200 "$(ask old "$work/old-root.crt")"
  is "introduced: the old client, both roots" 200 "$(ask old "$ca")"

  serial=$(served -serial)
  exits "switch" 0 gatewright rotate authority example-root --stage switch
  exits "render without an identity: the old ones stay" 3 gatewright render
  apply
  is "waiting: the old client, both roots" 200 "$(ask old "$ca")"
  exits "render" 0 as_operator render
  apply
  differs "another certificate is served" "$serial" "$(until_served_differs -serial "$serial")"
  exits "export a client of after" 0 as_operator client export client.example.com --to "$dir/new"
  differs "its certificate is another one" "$(cat "$dir/old/client.example.com.crt")" "$(cat "$dir/new/client.example.com.crt")"
  is "switched: the new client, both roots" 200 "$(ask new "$ca" --until 200)"
  is "switched: the old client, both roots" 200 "$(ask old "$ca")"
  is "switched: the old client, the old root" "$stranger" "$(ask old "$work/old-root.crt")"

  exits "retire, too early" 2 gatewright rotate authority example-root --stage retire
  says "it says from when" 'can.t be retired yet: .* until ' "$work/err.txt"
  later=$(date -u -d '+31 days' +%Y-%m-%dT%H:%M:%SZ)
  exits "retire, a month later" 0 gatewright rotate authority example-root --stage retire --now "$later"
  exits "render needs no identity" 0 gatewright render --now "$later"
  apply
  is "certificates in ca.crt" 1 "$(grep -c BEGIN "$ca")"
  is "retired: the old client" 000 "$(ask old "$ca" --until 000)"
  is "retired: the new client, the new root" 200 "$(ask new "$ca")"
  is "retired: the new client, both roots" 200 "$(ask new "$dir/new/ca.crt")"
  is "retired: the new client, the old root" 000 "$(ask new "$work/old-root.crt" --until 000)"
}

# ask WHO ROOTS [OPTION...]: the status for the client of before (old) or after (new)
ask() {
  local who=$1 roots=$2
  shift 2
  get /productpage --cacert "$roots" --cert "$dir/$who/client.example.com.crt" --key "$dir/$who/client.example.com.key" "$@"
}
