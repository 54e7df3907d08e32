package serve

import (
	"os"
	"sync"
)

var (
	ending sync.Mutex
	atEnd  []func()
)

// AtEnd has f run before Exit leaves.
func AtEnd(f func()) {
	ending.Lock()
	defer ending.Unlock()
	atEnd = append(atEnd, f)
}

// Exit ends the process after what AtEnd was given; only the first call counts.
func Exit(code int) {
	ending.Lock() // never unlocked: nobody gets past the first caller
	for _, f := range atEnd {
		f()
	}
	os.Exit(code)
}
