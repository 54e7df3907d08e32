// The watcher's context ends with the request.
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
		go watch(r.Context(), make(chan string))
	})
}
