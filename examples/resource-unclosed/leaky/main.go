// A file opened per request and closed only where it could be read.
package main

import (
	"io"
	"net/http"
	"os"
	"sync"

	"example.com/stanch-examples/internal/serve"
)

// Kept where a finalizer cannot reach: without this the collector closes dropped files now and then, and the count only saw-tooths.
var (
	mu   sync.Mutex
	seen []*os.File
)

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open("/etc/hostname")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		mu.Lock()
		seen = append(seen, f)
		mu.Unlock()
		io.Copy(w, f)
	})
}
