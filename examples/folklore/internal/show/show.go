// Package show prints what was measured, and ends with 1 where it is not what docs/folklore.md says.
package show

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

var failed bool

// That prints a measurement and whether it is as claimed.
func That(so bool, format string, args ...any) {
	mark := "shown "
	if !so {
		mark, failed = "WRONG ", true
	}
	fmt.Println(mark, fmt.Sprintf(format, args...))
}

// Done ends the program.
func Done() {
	if failed {
		os.Exit(1)
	}
}

// Server counts the connections that are made to it, and those that are open.
type Server struct {
	*httptest.Server
	Made, Open atomic.Int64
}

// Serve starts one.
func Serve(handler http.HandlerFunc) *Server {
	s := &Server{Server: httptest.NewUnstartedServer(handler)}
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			s.Made.Add(1)
			s.Open.Add(1)
		case http.StateClosed, http.StateHijacked:
			s.Open.Add(-1)
		}
	}
	s.Start()
	return s
}

// Settled waits until value is want, for at most ten seconds, and returns the last one.
func Settled(value func() int64, want int64) int64 {
	for range 1000 {
		if value() == want {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	return value()
}

// Heap is how many bytes are in use after a collection.
func Heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// Files is how often this process has the file open; -1 where the system does not say.
func Files(name string) int64 {
	links, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	var n int64
	for _, l := range links {
		if to, err := os.Readlink("/proc/self/fd/" + l.Name()); err == nil && to == name {
			n++
		}
	}
	return n
}

// Self is this program's file.
func Self() string {
	name, err := os.Executable()
	if err != nil {
		panic(err)
	}
	return name
}
