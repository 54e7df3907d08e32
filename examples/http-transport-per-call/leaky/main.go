// A Transport per request: each keeps its idle connection, and a literal Transport keeps it without end.
package main

import (
	"fmt"
	"io"
	"net/http"

	"example.com/stanch-examples/internal/serve"
)

var backend = serve.Backend(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello") })

func fetch() error {
	client := &http.Client{Transport: &http.Transport{}}
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
