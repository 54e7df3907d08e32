// Unlocked by defer, whatever happens between.
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
	defer mu.Unlock()
	count++
	if count == 10 {
		return 0, fmt.Errorf("ten is too many")
	}
	return count, nil
}

func main() {
	serve.Run(func(w http.ResponseWriter, r *http.Request) {
		n, err := hit()
		fmt.Fprintln(w, n, err)
	})
}
