// Closed on every path.
package main

import (
	"io"
	"net/http"
	"os"

	"example.com/stanch-examples/internal/serve"
)

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		f, err := os.Open("/etc/hostname")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer f.Close()
		io.Copy(w, f)
	})
}
