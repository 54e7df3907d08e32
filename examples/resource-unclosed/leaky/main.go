// A file opened per request and never closed. The collector closes dropped files when it comes by, and in a service with a large heap
// that is minutes later.
package main

import (
	"io"
	"net/http"
	"os"

	"example.com/stanch-examples/internal/serve"
)

// A cache as services have them: with so much in use the collector runs when as much again has been allocated, or after two minutes.
var cache = make([]byte, 512<<20)

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open("/etc/hostname")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		n, err := io.Copy(w, f)
		if err == nil {
			cache[n%int64(len(cache))]++
		}
	})
}
