// The deadline travels with the request.
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

func call(ctx context.Context, w http.ResponseWriter) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, backend, nil)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		http.Error(w, err.Error(), http.StatusGatewayTimeout)
		return
	}
	defer resp.Body.Close()
	io.Copy(w, resp.Body)
}

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), 50*time.Millisecond)
		defer cancel()
		call(ctx, w)
	})
}
