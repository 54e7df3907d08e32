// The watcher's context ends with the request.
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
		go watch(r.Context())
	})
}
