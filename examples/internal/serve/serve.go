// Package serve is what all examples share: a server with pprof, and beside it processes of the same binary that send it requests and
// that it calls, so that what piles up in the server is the server's own.
package serve

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strings"
	"time"
)

// Load is what the load generator does.
type Load struct {
	// PerSecond is how many requests it starts each second. Twenty unless set.
	PerSecond int
	// Patience is how long it waits for an answer before it gives up. 100 ms unless set.
	Patience time.Duration
	// Paths are asked for in turn. /work unless set.
	Paths []string
	// Body is what the request of this number posts. GET requests unless set.
	Body func(turn int) string
}

// Run serves /work with handler; a load generator asks for it twenty times a second and gives up after 100 ms, as impatient clients do.
func Run(handler http.HandlerFunc) {
	http.HandleFunc("/work", handler)
	Main(Load{})
}

// Main serves http.DefaultServeMux on $ADDR (a free port unless set), prints the address, and keeps a load generator running beside it.
func Main(load Load) {
	if url, mine := duty("load"); mine {
		generate(url, load)
		return
	}
	addr := os.Getenv("ADDR")
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	fmt.Println(url)
	start("load", url, nil)
	endWithParent()
	server := &http.Server{Handler: counted(http.DefaultServeMux), ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(l))
}

// Backend starts another server of this binary, in a process of its own, and returns its address: what the examples call.
func Backend(handler http.HandlerFunc) string {
	address := Server(func(l net.Listener) error {
		server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
		return server.Serve(l)
	})
	return "http://" + address
}

// servers counts the calls of Server: the same order in every process of the binary says which is whose.
var servers int

// Server runs serve in a process of its own, and returns the host:port on which it listens; "" in the other processes of the binary.
func Server(serve func(net.Listener) error) string {
	servers++
	name := fmt.Sprintf("server-%d", servers)
	if _, mine := duty(name); mine {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(l.Addr())
		log.Fatal(serve(l))
	}
	if Helper() {
		return ""
	}
	r, w, err := os.Pipe()
	if err != nil {
		log.Fatal(err)
	}
	start(name, "", w)
	w.Close()
	defer r.Close()
	var address string
	if _, err := fmt.Fscanln(r, &address); err != nil {
		log.Fatalf("%s did not start: %v", name, err)
	}
	return address
}

func generate(url string, load Load) {
	if load.PerSecond == 0 {
		load.PerSecond = 20
	}
	if load.Patience == 0 {
		load.Patience = 100 * time.Millisecond
	}
	if load.Paths == nil {
		load.Paths = []string{"/work"}
	}
	client := &http.Client{Timeout: load.Patience, Transport: &http.Transport{MaxIdleConnsPerHost: 100, IdleConnTimeout: time.Minute}}
	ticks := time.NewTicker(time.Second / time.Duration(load.PerSecond))
	defer ticks.Stop()
	start := time.Now()
	for turn := 0; ; {
		<-ticks.C
		// By the clock: a busy machine drops ticks.
		for due := int(float64(load.PerSecond) * time.Since(start).Seconds()); turn < due; turn++ {
			method, body := http.MethodGet, ""
			if load.Body != nil {
				method, body = http.MethodPost, load.Body(turn)
			}
			go ask(client, method, url+load.Paths[turn%len(load.Paths)], body)
		}
	}
}

func ask(client *http.Client, method, url, body string) {
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		log.Fatal(err)
	}
	resp, err := client.Do(req)
	if err != nil {
		return // given up: that is what the server has to live with
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
}
