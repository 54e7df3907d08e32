// Leaks: some subscribers are forgotten.
package main

import (
	"math/rand"
	"net/http"
	"sync"
	"time"

	"example.com/stanch-programs/internal/service"
)

// One in ten subscribers is forgotten.
type hub struct {
	mu   sync.Mutex
	subs map[chan string]bool
}

var topics = &hub{subs: map[chan string]bool{}}

func (h *hub) subscribe() chan string {
	c := make(chan string, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs[c] = true
	return c
}

func (h *hub) unsubscribe(c chan string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs, c)
	close(c)
}

func subscribers(w http.ResponseWriter, r *http.Request) {
	c := topics.subscribe()
	go func() {
		for range c { // LEAK subscribers
		}
	}()
	if rand.Intn(10) > 0 {
		time.AfterFunc(time.Duration(rand.ExpFloat64()*float64(time.Second)), func() { topics.unsubscribe(c) })
	}
}

func main() { service.Run(subscribers, service.Growing) }
