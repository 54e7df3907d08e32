// What a turn of a loop with a timeout costs: a new timer by time.After, one timer that is stopped and set anew, and one ticker.
// Run it under the old semantics and the new: GODEBUG=asynctimerchan=1 or 0 in front of `go test -bench . -benchmem ./bench`.
package bench

import (
	"runtime"
	"testing"
	"time"
)

// idle is longer than any run: no timer fires.
const idle = time.Hour

// retained reports how much of the heap is still in use after b.N turns and a collection, by turn.
func retained(b *testing.B, turns func()) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	b.ResetTimer()
	turns()
	b.StopTimer()
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	objects := float64(after.HeapObjects) - float64(before.HeapObjects)
	b.ReportMetric(max(0, float64(after.HeapAlloc)-float64(before.HeapAlloc))/float64(b.N), "retained-B/op")
	b.ReportMetric(max(0, objects)/float64(b.N), "retained-objects/op")
}

var jobs = make(chan int, 1)

func BenchmarkAfter(b *testing.B) {
	b.ReportAllocs()
	retained(b, func() {
		for i := 0; i < b.N; i++ {
			jobs <- i
			select {
			case <-jobs:
			case <-time.After(idle):
			}
		}
	})
}

func BenchmarkNewTimerStopReset(b *testing.B) {
	b.ReportAllocs()
	timer := time.NewTimer(idle)
	defer timer.Stop()
	retained(b, func() {
		for i := 0; i < b.N; i++ {
			jobs <- i
			select {
			case <-jobs:
				if !timer.Stop() {
					<-timer.C
				}
				timer.Reset(idle)
			case <-timer.C:
			}
		}
	})
}

func BenchmarkTicker(b *testing.B) {
	b.ReportAllocs()
	ticker := time.NewTicker(idle)
	defer ticker.Stop()
	retained(b, func() {
		for i := 0; i < b.N; i++ {
			jobs <- i
			select {
			case <-jobs:
			case <-ticker.C:
			}
		}
	})
}
