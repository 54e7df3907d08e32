// Said: &http.Client{} in a function leaks a connection for each call.
package main

import (
	"fmt"
	"io"
	"net/http"

	"example.com/stanch-examples/folklore/internal/show"
)

func main() {
	s := show.Serve(func(w http.ResponseWriter, r *http.Request) { fmt.Fprintln(w, "hello") })
	defer s.Close()
	for range 200 {
		client := &http.Client{}
		resp, err := client.Get(s.URL)
		if err != nil {
			panic(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	made := s.Made.Load()
	show.That(made <= 5, "200 clients without a Transport made %d connections: they share http.DefaultTransport", made)
	for range 200 {
		client := &http.Client{Transport: &http.Transport{}}
		resp, err := client.Get(s.URL)
		if err != nil {
			panic(err)
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	more := s.Made.Load() - made
	open := s.Open.Load()
	show.That(more == 200 && open >= 200, "200 clients with a Transport each made %d, and %d are open: that is the leak", more, open)
	show.Done()
}
