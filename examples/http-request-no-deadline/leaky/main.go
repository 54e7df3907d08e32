// The handler's own deadline stays in the handler: the call to the backend goes out without it and waits as long as that likes.
package main

import (
	"context"
	"io"
	"net/http"
	"time"

	"example.com/stanch-examples/internal/serve"
)

var backend = serve.Backend(func(w http.ResponseWriter, r *http.Request) {
	<-r.Context().Done() // never answers
})

func call(w http.ResponseWriter) {
	resp, err := http.Get(backend)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	io.Copy(w, resp.Body)
}

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		_, cancel := context.WithTimeout(r.Context(), 50*time.Millisecond)
		defer cancel()
		call(w)
	})
}
