# shellcheck shell=bash disable=SC2154
# How the walkthrough checks, counts and reports. Sourced after common.sh; `work` is its scratch folder.

passed=0 failed=0

section() {
  section=$*
  printf '\n== %s\n' "$section"
}

pass() { passed=$((passed + 1)); echo "ok    $1"; }

# fail NAME DETAIL...
fail() {
  failed=$((failed + 1))
  echo "FAIL  $1"
  shift
  [ $# = 0 ] || printf '%s\n' "$@" | sed 's/^/        /'
}

# is NAME EXPECTED ACTUAL
is() {
  if [ "$2" != "$3" ]; then
    fail "$1" "expected: $2" "got:      $3"
  elif [ -z "$3" ] || [ ${#3} -gt 60 ]; then
    pass "$1"
  else
    pass "$1: $3"
  fi
}

# differs NAME NOT-THIS ACTUAL: ACTUAL must be something, and something else
differs() {
  if [ -n "$3" ] && [ "$2" != "$3" ]; then pass "$1"; else fail "$1" "got: ${3:-nothing}"; fi
}

# holds NAME COMMAND...: COMMAND must succeed
holds() {
  local name=$1
  shift
  if "$@" >"$work/holds.log" 2>&1; then pass "$name"; else fail "$name" "$*" "$(tail -n 20 "$work/holds.log")"; fi
}

# fails NAME COMMAND...: COMMAND must not succeed
fails() {
  local name=$1
  shift
  if "$@" >"$work/holds.log" 2>&1; then fail "$name" "succeeded: $*"; else pass "$name"; fi
}

# says NAME PATTERN FILE: FILE must have a match for the extended regular expression
says() {
  if grep -qE -- "$2" "$3"; then pass "$1"; else fail "$1" "no match for: $2" "in: $(head -c 2000 "$3")"; fi
}

# lacks NAME PATTERN FILE: FILE must have none
lacks() {
  if grep -qE -- "$2" "$3"; then fail "$1" "$(grep -E -- "$2" "$3")"; else pass "$1"; fi
}

# refused NAME PATTERN MANIFEST: applying MANIFEST must fail with words that match PATTERN
refused() {
  local words
  if words=$(printf '%s' "$3" | kube apply --dry-run=server -f - 2>&1); then
    fail "$1" "accepted: $words"
  elif grep -qE "$2" <<<"$words"; then
    pass "$1"
  else
    fail "$1" "$words"
  fi
}

summary() {
  echo
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}
