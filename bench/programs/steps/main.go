// Healthy: a pool of workers whose size is changed by hand.
package main

import (
	"net/http"
	"sync"
	"time"

	"example.com/stanch-programs/internal/service"
)

// A pool whose size is changed by hand: steps up and down, each to stay.
type pool struct {
	mu    sync.Mutex
	stops []chan struct{}
	jobs  chan func()
}

func (p *pool) resize(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.stops) < n {
		stop := make(chan struct{})
		p.stops = append(p.stops, stop)
		go p.work(stop)
	}
	for len(p.stops) > n {
		close(p.stops[len(p.stops)-1])
		p.stops = p.stops[:len(p.stops)-1]
	}
}

func (p *pool) work(stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case job := <-p.jobs:
			job()
		}
	}
}

var workers = &pool{jobs: make(chan func())}

func steps() {
	for _, size := range []int{20, 20, 60, 60, 40} {
		workers.resize(size)
		time.Sleep(service.Period)
	}
	for {
		time.Sleep(service.Period)
	}
}

func dispatches(w http.ResponseWriter, r *http.Request) {
	done := make(chan error, 1)
	select {
	case workers.jobs <- func() { done <- service.Ask(r.Context()) }:
		<-done
	case <-r.Context().Done():
	}
}

func main() { service.Run(dispatches, service.Constant(20), steps) }
