// Said: a default case repairs a wait for a Done that never comes.
package main

import (
	"context"
	"runtime"
	"sync/atomic"
	"time"

	"example.com/stanch-examples/folklore/internal/show"
)

func main() {
	before := runtime.NumGoroutine()
	var turns atomic.Int64
	for range 20 {
		go func() {
			ctx := context.Background()
			for {
				select {
				case <-ctx.Done():
					return
				default:
					turns.Add(1)
					time.Sleep(time.Millisecond)
				}
			}
		}()
	}
	time.Sleep(300 * time.Millisecond)
	left := runtime.NumGoroutine() - before
	show.That(left == 20, "%d of 20 goroutines are still there, and now they work for it: %d turns in 0.3 s", left, turns.Load())
	show.Done()
}
