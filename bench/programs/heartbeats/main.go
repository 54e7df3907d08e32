// Leaks: tickers that nobody stops, each with a goroutine.
package main

import (
	"math/rand"
	"net/http"
	"time"

	"example.com/stanch-programs/internal/service"
)

// Tickers that nobody stops, each with a goroutine that looks at them.
func heartbeats(w http.ResponseWriter, r *http.Request) {
	if rand.Intn(16) > 0 {
		return
	}
	t := time.NewTicker(time.Second)
	go func() {
		for range t.C { // LEAK heartbeats
		}
	}()
}

func main() { service.Run(heartbeats, service.Ramp) }
