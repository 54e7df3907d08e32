// Said: a response body that is not closed keeps its connection for ever.
package main

import (
	"net/http"
	"time"

	"example.com/stanch-examples/folklore/internal/show"
)

func main() {
	s := show.Serve(func(w http.ResponseWriter, r *http.Request) {
		w.Write(make([]byte, 1<<20))
		w.(http.Flusher).Flush()
	})
	defer s.CloseClientConnections()
	get := func(client *http.Client) {
		resp, err := client.Get(s.URL)
		if err != nil {
			panic(err)
		}
		_ = resp // and nobody closes its body
	}
	for range 20 {
		get(&http.Client{Timeout: 2 * time.Second})
	}
	open := show.Settled(s.Open.Load, 0)
	show.That(open == 0, "20 bodies left open by a client with a Timeout hold %d connections when it is over", open)
	for range 20 {
		get(&http.Client{})
	}
	time.Sleep(3 * time.Second)
	open = s.Open.Load()
	show.That(open == 20, "20 left open by a client without one hold %d", open)
	show.Done()
}
