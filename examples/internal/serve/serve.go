// Package serve is what all examples share: a server with pprof that sends itself requests.
package serve

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"time"
)

// Run serves /work with handler on $ADDR (a free port unless set), prints the address, and requests /work twenty times a second.
// A request is given up after 100 ms, as impatient clients do.
func Run(handler http.HandlerFunc) {
	addr := os.Getenv("ADDR")
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("/work", handler)
	url := "http://" + l.Addr().String()
	fmt.Println(url)
	go load(url + "/work")
	log.Fatal(http.Serve(l, nil))
}

func load(url string) {
	client := &http.Client{Timeout: 100 * time.Millisecond}
	for range time.Tick(50 * time.Millisecond) {
		resp, err := client.Get(url)
		if err != nil {
			continue
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

// Backend starts another server in this process and returns its address: what the examples call.
func Backend(handler http.HandlerFunc) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(l, handler)
	return "http://" + l.Addr().String()
}
