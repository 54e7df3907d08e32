// Said: to close a body without reading it to the end leaks the connection.
package main

import (
	"net/http"

	"example.com/stanch-examples/folklore/internal/show"
)

func main() {
	big := make([]byte, 4<<20)
	s := show.Serve(func(w http.ResponseWriter, r *http.Request) { w.Write(big) })
	defer s.Close()
	for range 50 {
		resp, err := http.Get(s.URL)
		if err != nil {
			panic(err)
		}
		resp.Body.Close()
	}
	open := show.Settled(s.Open.Load, 0)
	show.That(open <= 1, "after 50 bodies of 4 MiB that were closed and not read, %d connections are open: none is leaked", open)
	made := s.Made.Load()
	show.That(made >= 49, "they took %d connections: what is not read to the end is not used again", made)
	show.Done()
}
