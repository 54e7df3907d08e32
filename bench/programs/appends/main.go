// Leaks: a history under a sawtooth that is a hundred times larger.
package main

import (
	"net/http"

	"example.com/stanch-programs/internal/service"
)

// History is appended to under a sawtooth that is a hundred times larger.
var history []*[1024]byte

func appends(w http.ResponseWriter, r *http.Request) {
	history = append(history, new([1024]byte)) // LEAK appends
}

func main() { service.Run(appends, service.Constant(40), service.Sawtooth) }
