// The body of an answer that is not 200 is never closed: its connection and two goroutines stay.
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

var client = &http.Client{Timeout: 10 * time.Minute}

func fetch() (string, error) {
	resp, err := client.Get(backend)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("backend says %s", resp.Status)
	}
	defer resp.Body.Close()
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
