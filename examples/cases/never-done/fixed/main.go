// The exporter, mended: the context is derived from the request and ends with it, and the channel has room for the one result.
package main

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"example.com/stanch-examples/internal/serve"
)

type key struct{}

var gone atomic.Int64

func onEnd(ctx context.Context) {
	<-ctx.Done()
	gone.Add(1)
}

func export(w http.ResponseWriter, r *http.Request) {
	ctx := context.WithValue(r.Context(), key{}, r.URL.Path)
	go onEnd(ctx)
	fmt.Fprintln(w, "started")
}

func render() string {
	time.Sleep(40 * time.Millisecond)
	return "a page"
}

func preview(w http.ResponseWriter, r *http.Request) {
	page := make(chan string, 1)
	go func() {
		page <- render()
	}()
	select {
	case text := <-page:
		fmt.Fprintln(w, text)
	case <-time.After(10 * time.Millisecond):
		http.Error(w, "too slow", http.StatusGatewayTimeout)
	}
}

func main() {
	http.HandleFunc("/export", export)
	http.HandleFunc("/preview", preview)
	serve.Main(serve.Load{Paths: []string{"/export", "/preview"}})
}
