// Leaks: the second answer finds nobody.
package main

import (
	"context"
	"math/rand"
	"net/http"

	"example.com/stanch-programs/internal/service"
)

// The first answer is enough; one in five is asked for twice, and the other finds nobody.
func first(ctx context.Context) error {
	results := make(chan error)
	for range 1 + rand.Intn(5)/4 {
		go func() {
			err := service.Ask(ctx)
			results <- err // LEAK hedged
		}()
	}
	return <-results
}

func hedged(w http.ResponseWriter, r *http.Request) {
	if err := first(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

func main() { service.Run(hedged, service.Sine) }
