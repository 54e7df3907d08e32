// Leaks: waits for the end of a context that has none, through restarts.
package main

import (
	"context"
	"math/rand"
	"net/http"

	"example.com/stanch-programs/internal/service"
)

// Waits for the end of a context that has none.
func detached(w http.ResponseWriter, r *http.Request) {
	if rand.Intn(5) == 0 {
		go waits(context.WithoutCancel(r.Context()))
	}
}

func waits(ctx context.Context) {
	<-ctx.Done() // LEAK detached
}

func main() { service.Run(detached, service.Sine, service.Restarts) }
