// A watcher per request waits for the end of a context that has none: values do not give it one.
package main

import (
	"context"
	"net/http"
	"sync/atomic"

	"example.com/stanch-examples/internal/serve"
)

var left atomic.Int64

func watch(ctx context.Context) {
	<-ctx.Done()
	left.Add(1)
}

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(context.Background(), http.ServerContextKey, "request")
		go watch(ctx)
	})
}
