// A watcher per request waits for the end of a context that has none.
package main

import (
	"context"
	"net/http"

	"example.com/stanch-examples/internal/serve"
)

func watch(ctx context.Context, updates <-chan string) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-updates:
		}
	}
}

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(context.Background(), http.ServerContextKey, "request")
		go watch(ctx, make(chan string))
	})
}
