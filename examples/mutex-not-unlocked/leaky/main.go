// An early return keeps the lock: every later request waits for it, for ever.
package main

import (
	"fmt"
	"net/http"
	"sync"

	"example.com/stanch-examples/internal/serve"
)

var (
	mu    sync.Mutex
	count int
)

func hit() (int, error) {
	mu.Lock()
	count++
	if count == 10 {
		return 0, fmt.Errorf("ten is too many")
	}
	n := count
	mu.Unlock()
	return n, nil
}

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		n, err := hit()
		fmt.Fprintln(w, n, err)
	})
}
