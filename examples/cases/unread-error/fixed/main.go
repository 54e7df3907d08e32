// The collector, mended: a message that cannot be read is refused, and its sender told.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"example.com/stanch-examples/internal/serve"
)

type message struct {
	Lines []string
	ID    int
}

var (
	mu      sync.Mutex
	waiting []*message
	seen    = map[int]int{}
)

func receive(body []byte) error {
	m := new(message)
	if err := json.Unmarshal(body, m); err != nil {
		return fmt.Errorf("message: %w", err)
	}
	mu.Lock()
	defer mu.Unlock()
	if m.ID == 0 {
		waiting = append(waiting, m)
		return nil
	}
	seen[m.ID%1000] = len(m.Lines)
	return nil
}

// sample is what the clients send: a picture that nobody here reads, and some lines of text. Every other client writes its id as text.
func sample(n int) string {
	lines := strings.Repeat(`"`+strings.Repeat("line ", 20)+`",`, 600)
	id := fmt.Sprint(n)
	if n%2 == 0 {
		id = `"` + id + `"`
	}
	return `{"id":` + id + `,"lines":[` + lines + `""],"picture":"` + strings.Repeat("A", 200<<10) + `"}`
}

func main() {
	http.HandleFunc("/work", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if err := receive(body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
		}
	})
	serve.Main(serve.Load{PerSecond: 30, Patience: time.Second, Body: sample})
}
