// The body is closed on every path, right after the error check.
package main

import (
	"fmt"
	"io"
	"net/http"
	"time"

	"example.com/stanch-examples/internal/serve"
)

var backend = serve.Backend(func(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprintln(w, "no such thing")
	w.(http.Flusher).Flush()
})

var client = &http.Client{Timeout: 10 * time.Second}

func fetch() (string, error) {
	resp, err := client.Get(backend)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10))
		return "", fmt.Errorf("backend says %s", resp.Status)
	}
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		if _, err := fetch(); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	})
}
