package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand"
	"net"
	"net/http"
	"os"
	"sync"
	"time"
)

// The first answer is enough; one in five is asked for twice, and the other finds nobody.
func first(ctx context.Context) error {
	results := make(chan error)
	for range 1 + rand.Intn(5)/4 {
		go func() {
			err := ask(ctx)
			results <- err // LEAK hedged
		}()
	}
	return <-results
}

func hedged(w http.ResponseWriter, r *http.Request) {
	if err := first(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

// One in ten subscribers is forgotten.
type hub struct {
	mu   sync.Mutex
	subs map[chan string]bool
}

var topics = &hub{subs: map[chan string]bool{}}

func (h *hub) subscribe() chan string {
	c := make(chan string, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.subs[c] = true
	return c
}

func (h *hub) unsubscribe(c chan string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.subs, c)
	close(c)
}

func subscribers(w http.ResponseWriter, r *http.Request) {
	c := topics.subscribe()
	go func() {
		for range c { // LEAK subscribers
		}
	}()
	if rand.Intn(10) > 0 {
		time.AfterFunc(time.Duration(rand.ExpFloat64()*float64(time.Second)), func() { topics.unsubscribe(c) })
	}
}

// A goroutine every two seconds under sessions that come and go ten times as much.
func slow() {
	for {
		time.Sleep(2 * time.Second)
		never := make(chan struct{})
		go func() {
			<-never // LEAK slow
		}()
	}
}

// Bodies of answers that are errors stay open.
var refusing = sync.OnceValue(func() string {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rand.Intn(8) == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		fmt.Fprintln(w, "answer")
		w.(http.Flusher).Flush()
	}))
	return "http://" + l.Addr().String()
})

func bodies(w http.ResponseWriter, r *http.Request) {
	resp, err := http.Get(refusing()) // LEAK bodies
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if resp.StatusCode != http.StatusOK {
		http.Error(w, resp.Status, http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	io.Copy(w, resp.Body)
}

// What users asked for is remembered, for ever.
var seen = struct {
	sync.Mutex
	by map[string][]byte
}{by: map[string][]byte{}}

func remembers(w http.ResponseWriter, r *http.Request) {
	key := fmt.Sprint(rand.Int63())
	seen.Lock()
	defer seen.Unlock()
	seen.by[key] = bytes.Repeat([]byte("x"), 2<<10) // LEAK remembers
}

// History is appended to under a sawtooth that is a hundred times larger.
var history []*[1024]byte

func appends(w http.ResponseWriter, r *http.Request) {
	history = append(history, new([1024]byte)) // LEAK appends
}

// Reports that failed stay open, in case somebody asks; nobody does. (A forgotten *os.File would be closed by the collector.)
var failed []*os.File

func report() error {
	f, err := os.CreateTemp("", "stanch-report") // LEAK reports
	if err != nil {
		return err
	}
	os.Remove(f.Name())
	if rand.Intn(12) == 0 {
		mu.Lock()
		failed = append(failed, f)
		mu.Unlock()
		return fmt.Errorf("nothing to report")
	}
	defer f.Close()
	_, err = f.WriteString("report\n")
	return err
}

func reports(w http.ResponseWriter, r *http.Request) {
	if err := report(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// A client with its own transport for each call.
func transports(w http.ResponseWriter, r *http.Request) {
	client := &http.Client{Transport: &http.Transport{}}
	resp, err := client.Get(backend()) // LEAK transports
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer resp.Body.Close()
	io.Copy(w, resp.Body)
}

// Waits for the end of a context that has none.
func detached(w http.ResponseWriter, r *http.Request) {
	if rand.Intn(5) == 0 {
		go waits(context.WithoutCancel(r.Context()))
	}
}

func waits(ctx context.Context) {
	<-ctx.Done() // LEAK detached
}

// A worker that holds a lock has gone, and all who come wait.
var table sync.Mutex

func locks(w http.ResponseWriter, r *http.Request) {
	go func() {
		table.Lock() // LEAK locks
		defer table.Unlock()
	}()
}

func takesLock() {
	time.Sleep(period / 2)
	table.Lock()
}

// Connections of a protocol of its own that nobody closes.
var raw = sync.OnceValue(func() string {
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go io.Copy(io.Discard, c)
		}
	}()
	return l.Addr().String()
})

func dials(w http.ResponseWriter, r *http.Request) {
	if rand.Intn(12) > 0 {
		return
	}
	c, err := net.Dial("tcp", raw()) // LEAK dials
	if err != nil {
		return
	}
	fmt.Fprintln(c, "hello")
	// Kept, as pools do that forget to look.
	mu.Lock()
	conns = append(conns, c)
	mu.Unlock()
}

var (
	mu    sync.Mutex
	conns []net.Conn
)

// Tickers that nobody stops, each with a goroutine that looks at them.
func heartbeats(w http.ResponseWriter, r *http.Request) {
	if rand.Intn(16) > 0 {
		return
	}
	t := time.NewTicker(time.Second)
	go func() {
		for range t.C { // LEAK heartbeats
		}
	}()
}
