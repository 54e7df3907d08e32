// Said: a ticker that is not stopped always leaks.
package main

import (
	"time"

	"example.com/stanch-examples/folklore/internal/show"
)

func main() {
	before := show.Heap()
	for range 100_000 {
		time.NewTicker(time.Hour)
	}
	kept := show.Heap() - before
	show.That(kept < 100_000, "100,000 dropped tickers keep %d bytes, with a go line of 1.23 or later", max(0, kept))
	stop := make(chan struct{})
	for range 1000 {
		go func() {
			t := time.NewTicker(time.Hour)
			for {
				select {
				case <-t.C:
				case <-stop:
					return
				}
			}
		}()
	}
	time.Sleep(100 * time.Millisecond)
	held := show.Heap() - before
	show.That(held > 100_000, "1000 tickers that a goroutine waits for keep %d bytes, with their goroutines: that has not changed", held)
	close(stop)
	show.Done()
}
