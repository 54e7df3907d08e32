// Said: MaxIdleConns lets a client keep more connections to its server.
package main

import (
	"io"
	"net/http"
	"sync"
	"time"

	"example.com/stanch-examples/folklore/internal/show"
)

// made is how many connections ten rounds of fifty requests at once take.
func made(transport *http.Transport) int64 {
	s := show.Serve(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond)
		io.WriteString(w, "hello")
	})
	defer s.Close()
	client := &http.Client{Transport: transport}
	for range 10 {
		var round sync.WaitGroup
		for range 50 {
			round.Add(1)
			go func() {
				defer round.Done()
				resp, err := client.Get(s.URL)
				if err != nil {
					panic(err)
				}
				defer resp.Body.Close()
				io.Copy(io.Discard, resp.Body)
			}()
		}
		round.Wait()
	}
	return s.Made.Load()
}

func main() {
	alone := made(&http.Transport{MaxIdleConns: 500})
	show.That(alone > 300, "MaxIdleConns 500 alone: 500 requests, fifty at once, took %d connections (two to a host are kept)", alone)
	both := made(&http.Transport{MaxIdleConns: 500, MaxIdleConnsPerHost: 50})
	show.That(both < 150, "with MaxIdleConnsPerHost 50 they took %d", both)
	show.Done()
}
