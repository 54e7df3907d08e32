// One client with one Transport, shared.
package main

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"example.com/stanch-examples/internal/serve"
)

var backend = serve.Backend(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello") })

var client = &http.Client{
	Timeout:   10 * time.Second,
	Transport: &http.Transport{MaxIdleConns: 500, MaxIdleConnsPerHost: 200, IdleConnTimeout: 90 * time.Second},
}

func fetch() error {
	resp, err := client.Get(backend)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		if err := fetch(); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	})
}
