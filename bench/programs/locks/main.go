// Leaks: all wait for a lock whose holder has gone.
package main

import (
	"net/http"
	"sync"
	"time"

	"example.com/stanch-programs/internal/service"
)

// A worker that holds a lock has gone, and all who come wait.
var table sync.Mutex

func locks(w http.ResponseWriter, r *http.Request) {
	go func() {
		table.Lock() // LEAK locks
		defer table.Unlock()
	}()
}

func takesLock() {
	time.Sleep(service.Period / 2)
	table.Lock()
}

func main() { service.Run(locks, service.Constant(4), takesLock) }
