// Leaks: bodies of answers that are errors stay open.
package main

import (
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"sync"

	"example.com/stanch-programs/internal/service"
)

// Bodies of answers that are errors stay open.
var refusing = sync.OnceValue(func() string {
	return service.Backend(func(w http.ResponseWriter, r *http.Request) {
		if rand.Intn(8) == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintln(w, "answer")
		w.(http.Flusher).Flush()
	})
})

func bodies(w http.ResponseWriter, r *http.Request) {
	resp, err := http.Get(refusing()) // LEAK bodies
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if resp.StatusCode != http.StatusOK {
		http.Error(w, resp.Status, http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	io.Copy(w, resp.Body)
}

func main() { service.Run(bodies, service.Constant(10)) }
