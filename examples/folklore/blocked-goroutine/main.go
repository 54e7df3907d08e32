// Said: the garbage collector ends goroutines that nothing can wake.
package main

import (
	"runtime"
	"time"

	"example.com/stanch-examples/folklore/internal/show"
)

func main() {
	before := runtime.NumGoroutine()
	for range 100 {
		never := make(chan int)
		go func() { <-never }() // nobody else has this channel
	}
	for range 5 {
		runtime.GC()
		time.Sleep(20 * time.Millisecond)
	}
	left := runtime.NumGoroutine() - before
	show.That(left == 100, "%d of 100 goroutines that nothing can wake are still there after five collections", left)
	show.Done()
}
