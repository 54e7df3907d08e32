// An exporter with two goroutines a request that nothing ends. The first waits for the end of a context that has none: values on
// Background do not give it one. The second sends its result to a request that has stopped listening.
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
	ctx := context.WithValue(context.Background(), key{}, r.URL.Path)
	go onEnd(ctx)
	fmt.Fprintln(w, "started")
}

func render() string {
	time.Sleep(40 * time.Millisecond)
	return "a page"
}

func preview(w http.ResponseWriter, r *http.Request) {
	page := make(chan string)
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
