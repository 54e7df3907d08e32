package main

import (
	"bytes"
	"container/list"
	"context"
	"fmt"
	"io"
	"math/rand"
	"net/http"
	"os"
	"sync"
	"syscall"
	"time"
)

// ask is the honest way to call a backend.
func ask(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, backend(), nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err
}

func asks(w http.ResponseWriter, r *http.Request) {
	if err := ask(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

// A cache with a bound, which takes several periods to fill.
type cache struct {
	mu    sync.Mutex
	bound int
	order *list.List
	byKey map[int]*list.Element
}

type entry struct {
	key   int
	value []byte
}

func newCache(bound int) *cache {
	return &cache{bound: bound, order: list.New(), byKey: map[int]*list.Element{}}
}

func (c *cache) put(key int, value []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[key]; ok {
		c.order.MoveToFront(e)
		return
	}
	c.byKey[key] = c.order.PushFront(entry{key, value})
	if c.order.Len() > c.bound {
		last := c.order.Back()
		delete(c.byKey, last.Value.(entry).key)
		c.order.Remove(last)
	}
}

var lru = newCache(1500)

func caches(w http.ResponseWriter, r *http.Request) {
	lru.put(rand.Intn(100_000), bytes.Repeat([]byte("x"), 8<<10))
}

// A pool whose size is changed by hand: steps up and down, each to stay.
type pool struct {
	mu    sync.Mutex
	stops []chan struct{}
	jobs  chan func()
}

func (p *pool) resize(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.stops) < n {
		stop := make(chan struct{})
		p.stops = append(p.stops, stop)
		go p.work(stop)
	}
	for len(p.stops) > n {
		close(p.stops[len(p.stops)-1])
		p.stops = p.stops[:len(p.stops)-1]
	}
}

func (p *pool) work(stop chan struct{}) {
	for {
		select {
		case <-stop:
			return
		case job := <-p.jobs:
			job()
		}
	}
}

var workers = &pool{jobs: make(chan func())}

func steps() {
	for _, size := range []int{20, 20, 60, 60, 40} {
		workers.resize(size)
		time.Sleep(period)
	}
	for {
		time.Sleep(period)
	}
}

func dispatches(w http.ResponseWriter, r *http.Request) {
	done := make(chan error, 1)
	select {
	case workers.jobs <- func() { done <- ask(r.Context()) }:
		<-done
	case <-r.Context().Done():
	}
}

// Sessions last a while and end by themselves: with the load they make plateaus of their own height.
func sessions(w http.ResponseWriter, r *http.Request) {
	lifetime := time.Duration(rand.ExpFloat64() * float64(period) / 6)
	ctx, cancel := context.WithTimeout(context.Background(), lifetime)
	go func() {
		defer cancel()
		session(ctx)
	}()
}

func session(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Forty megabytes come and go.
var held [][]byte

func sawtooth() {
	for {
		for range 40 {
			held = append(held, make([]byte, 1<<20))
			time.Sleep(period / 200)
		}
		held = nil
	}
}

// The process begins again at the same place, with the same pid and other start values.
func restarts() {
	time.Sleep(period * 3 / 2)
	env := os.Environ()
	if err := syscall.Exec("/proc/self/exe", os.Args, env); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// pprof does not answer for a sixth of the time.
func gaps() {
	for {
		time.Sleep(period * 5 / 6)
		closed.Store(true)
		time.Sleep(period / 6)
		closed.Store(false)
	}
}

// Buffers are handed back; how many there are depends on the largest crowd so far.
var buffers = sync.Pool{New: func() any { return bytes.NewBuffer(make([]byte, 0, 64<<10)) }}

func pooled(w http.ResponseWriter, r *http.Request) {
	b := buffers.Get().(*bytes.Buffer)
	b.Reset()
	fmt.Fprintln(b, "answer")
	io.Copy(w, b)
	buffers.Put(b)
	asks(w, r)
}

// Files are rotated: one more each period until there are eight.
var logs []*os.File

func rotates() {
	for {
		f, err := os.CreateTemp("", "stanch-rotated")
		if err == nil {
			os.Remove(f.Name())
			logs = append(logs, f)
		}
		if len(logs) > 8 {
			logs[0].Close()
			logs = logs[1:]
		}
		time.Sleep(period / 3)
	}
}
