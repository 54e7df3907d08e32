// Leaks: connections that nobody ends, through gaps.
package main

import (
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"sync"

	"example.com/stanch-programs/internal/service"
)

// The other end of a protocol of its own.
var peer = sync.OnceValue(func() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go accepts(l)
	return l.Addr().String()
})

func accepts(l net.Listener) {
	defer l.Close()
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			io.Copy(io.Discard, c)
		}()
	}
}

// A feed for each of some requests; nobody ends it.
func dials(w http.ResponseWriter, r *http.Request) {
	if rand.Intn(12) > 0 {
		return
	}
	c, err := net.Dial("tcp", peer())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	fmt.Fprintln(c, "hello")
	go listens(c)
}

func listens(c net.Conn) {
	b := make([]byte, 512)
	for {
		if _, err := c.Read(b); err != nil { // LEAK dials
			return
		}
	}
}

func main() { service.Run(dials, service.Sine, service.Gaps) }
