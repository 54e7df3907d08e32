// A target for the benchmarks of the live track: parks goroutines on a few stacks, holds connections and files, and measures from
// inside how long it is stopped (a 200 µs heartbeat on a thread of its own).
//
//	live-target -addr 127.0.0.1:0 -goroutines 100000 -sockets 25000 -files 10000
//
// GET /stall returns the longest gap in milliseconds since the last call and begins anew.
package main

import (
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"runtime"
	"sync/atomic"
	"time"
)

var longest atomic.Int64

func heartbeat() {
	runtime.LockOSThread()
	last := time.Now()
	for {
		time.Sleep(200 * time.Microsecond)
		now := time.Now()
		if gap := int64(now.Sub(last)); gap > longest.Load() {
			longest.Store(gap)
		}
		last = now
	}
}

//go:noinline
func nest(depth int, c chan int) int {
	if depth == 0 {
		return <-c
	}
	return nest(depth-1, c) + 1
}

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "")
	goroutines := flag.Int("goroutines", 0, "")
	sockets := flag.Int("sockets", 0, "connections to itself; each is two sockets of this process")
	files := flag.Int("files", 0, "")
	flag.Parse()
	c := make(chan int)
	for i := 0; i < *goroutines; i++ {
		switch i % 3 {
		case 0:
			go func() { <-c }()
		case 1:
			go func() { c <- <-c }()
		default:
			go nest(7, c)
		}
	}
	var held []any
	for i := 0; i < *files; i++ {
		f, err := os.Open("/dev/null")
		if err != nil {
			log.Fatal(err)
		}
		held = append(held, f)
	}
	if *sockets > 0 {
		// Several listeners: one pair of addresses has only so many ports.
		var listeners []net.Listener
		for i := 0; i < 4; i++ {
			l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.%d:0", 2+i))
			if err != nil {
				log.Fatal(err)
			}
			listeners = append(listeners, l)
		}
		for i := 0; i < *sockets; i++ {
			l := listeners[i%len(listeners)]
			conn, err := net.Dial("tcp", l.Addr().String())
			if err != nil {
				log.Fatal(err)
			}
			peer, err := l.Accept()
			if err != nil {
				log.Fatal(err)
			}
			held = append(held, conn, peer)
		}
	}
	go heartbeat()
	http.HandleFunc("/stall", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%.3f\n", float64(longest.Swap(0))/1e6)
	})
	l, err := net.Listen("tcp", *addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("http://%s\n", l.Addr())
	log.Fatal(http.Serve(l, nil))
	_ = held
}
