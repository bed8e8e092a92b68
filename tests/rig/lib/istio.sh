# shellcheck shell=bash
# How istiod and the gateway are started, by rig-up and again by the walkthrough. Sourced after common.sh.

write_kubeconfig() { # write_kubeconfig FILE TOKEN
  cat >"$1" <<YAML
apiVersion: v1
kind: Config
current-context: rig
contexts: [{name: rig, context: {cluster: rig, user: rig}}]
clusters: [{name: rig, cluster: {server: "https://127.0.0.1:6443", certificate-authority: "$RIG_RUN/api/apiserver.crt"}}]
users: [{name: rig, user: {token: "$2"}}]
YAML
}

start_istiod() { # start_istiod [VARIABLE=VALUE...]
  local config=$RIG_RUN/istiod.kubeconfig
  write_kubeconfig "$config" "$(kube create token istiod -n istio-system --duration 24h)"
  # Two filters that a stock Envoy lacks are off. The usual port 8080 is the gateway's here.
  start istiod "$RIG_RUN/istiod" env POD_NAME=istiod-rig POD_NAMESPACE=istio-system \
    SERVICE_ACCOUNT=istiod REVISION=default PILOT_CERT_PROVIDER=istiod CLUSTER_ID=Kubernetes \
    PILOT_ENABLE_ALPN_FILTER=false PILOT_ENABLE_METADATA_EXCHANGE=false "$@" \
    pilot-discovery discovery --kubeconfig "$config" --httpAddr 127.0.0.1:18080 --domain cluster.local
}

istiod_is_ready() {
  wait_until 60 istiod inside curl -sf http://127.0.0.1:18080/ready
  wait_until 30 istiod kube get configmap istio-ca-root-cert -n istio-system
}

start_gateway() {
  local folder=$RIG_RUN/gateway secrets=$RIG_RUN/gateway/var/run/secrets
  mkdir -p "$secrets"/{istio,tokens,workload-spiffe-uds,credential-uds} "$folder"/etc/istio/{pod,proxy}
  kube get configmap istio-ca-root-cert -n istio-system -o jsonpath='{.data.root-cert\.pem}' \
    >"$secrets/istio/root-cert.pem"
  kube create token istio-ingressgateway-service-account -n istio-system --audience istio-ca --duration 24h \
    >"$secrets/tokens/istio-token"
  printf '%s\n' 'app="istio-ingressgateway"' 'istio="ingressgateway"' >"$folder/etc/istio/pod/labels"
  start gateway "$folder" env INSTANCE_IP="$GATEWAY_IP" POD_NAME=istio-ingressgateway-rig \
    POD_NAMESPACE=istio-system SERVICE_ACCOUNT=istio-ingressgateway-service-account \
    PILOT_CERT_PROVIDER=istiod CA_ADDR=istiod.istio-system.svc:15012 TRUST_DOMAIN=cluster.local \
    ISTIO_META_CLUSTER_ID=Kubernetes ISTIO_META_MESH_ID=cluster.local \
    ISTIO_META_WORKLOAD_NAME=istio-ingressgateway \
    ISTIO_METAJSON_LABELS='{"app":"istio-ingressgateway","istio":"ingressgateway"}' \
    PROXY_CONFIG="{binaryPath: $RIG_BIN/envoy, configPath: ./etc/istio/proxy, discoveryAddress: \"istiod.istio-system.svc:15012\"}" \
    pilot-agent proxy router --domain istio-system.svc.cluster.local --concurrency 1 \
    --proxyLogLevel=warning --templateFile "$RIG_CACHE/envoy_bootstrap.json"
  wait_until 60 gateway inside curl -sf http://127.0.0.1:15021/healthz/ready
}

# istiod switches its webhook to "Fail" once it has seen it answer.
webhook_is_on() {
  kube get validatingwebhookconfiguration istiod-default-validator \
    -o jsonpath='{.webhooks[0].failurePolicy}' | grep -qx Fail
}

# Ends a program that `start` started, with what it started.
stop() {
  local pid
  running "$1" || return 0
  pid=$(cat "$RIG_RUN/pids/$1")
  kill -KILL -- "-$pid"
  wait "$pid" 2>/dev/null || true # it may be a child of ours
  while running "$1"; do sleep 0.1; done
  rm "$RIG_RUN/pids/$1"
}
