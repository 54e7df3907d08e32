// Leaks: a map that only grows.
package main

import (
	"bytes"
	"fmt"
	"math/rand"
	"net/http"
	"sync"

	"example.com/stanch-programs/internal/service"
)

// What users asked for is remembered, for ever.
var seen = struct {
	sync.Mutex
	by map[string][]byte
}{by: map[string][]byte{}}

func remembers(w http.ResponseWriter, r *http.Request) {
	key := fmt.Sprint(rand.Int63())
	seen.Lock()
	defer seen.Unlock()
	seen.by[key] = bytes.Repeat([]byte("x"), 2<<10) // LEAK remembers
}

func main() { service.Run(remembers, service.Bursts) }
