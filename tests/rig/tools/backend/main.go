// Backend stands in for a service: it answers every request with a line of JSON that names itself
// and what it was asked.
//
//	backend SERVICE VERSION=ADDRESS...
//
// It listens on each address and answers there as that version.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
)

type answer struct {
	Service string `json:"service"`
	Version string `json:"version"`
	Host    string `json:"host"`
	Path    string `json:"path"`
	// What the gateway says about the client: its scheme, and its certificate under mutual TLS.
	Scheme            string `json:"scheme,omitempty"`
	ClientCertificate string `json:"clientCertificate,omitempty"`
}

func handler(service, version string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(answer{
			Service:           service,
			Version:           version,
			Host:              r.Host,
			Path:              r.URL.Path,
			Scheme:            r.Header.Get("X-Forwarded-Proto"),
			ClientCertificate: r.Header.Get("X-Forwarded-Client-Cert"),
		})
	})
}

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: backend SERVICE VERSION=ADDRESS...")
		os.Exit(2)
	}
	failed := make(chan error)
	for _, arg := range os.Args[2:] {
		version, address, _ := strings.Cut(arg, "=")
		go func() { failed <- http.ListenAndServe(address, handler(os.Args[1], version)) }()
	}
	fmt.Fprintln(os.Stderr, "backend:", <-failed)
	os.Exit(1)
}
