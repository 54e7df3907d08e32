// Closed on every path.
package main

import (
	"io"
	"net/http"
	"os"

	"example.com/stanch-examples/internal/serve"
)

var cache = make([]byte, 512<<20)

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open("/etc/hostname")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer f.Close()
		n, err := io.Copy(w, f)
		if err == nil {
			cache[n%int64(len(cache))]++
		}
	})
}
