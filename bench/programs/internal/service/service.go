// Package service is what all programs share: requests at a rate, pprof, backends, and what happens to processes beside their work.
package service

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"math"
	"math/rand"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Period is the unit of time: the length of a wave. Seconds in the first argument, 60 without.
var Period = 60 * time.Second

func init() {
	if len(os.Args) > 1 {
		n, err := strconv.Atoi(os.Args[1])
		if err != nil {
			log.Fatal(err)
		}
		Period = time.Duration(n) * time.Second
	}
}

var started = time.Now()

func now() float64 { return float64(time.Since(started)) / float64(Period) }

// A Rate is requests a second, t periods after the start.
type Rate func(t float64) float64

func Constant(n float64) Rate { return func(float64) float64 { return n } }

func Sine(t float64) float64 { return 20 + 18*math.Sin(2*math.Pi*t) }

// Growing is a fifth more load each period, without an end.
func Growing(t float64) float64 { return 10 * (1 + t/5) }

func Ramp(t float64) float64 { return math.Min(40, 2+20*t) }

func Bursts(t float64) float64 {
	if _, f := math.Modf(t); f < 0.1 {
		return 80
	}
	return 5
}

// Run serves pprof on $ADDR, prints its address, and sends the handler requests at the rate until the process ends.
func Run(handle http.HandlerFunc, rate Rate, background ...func()) {
	address := os.Getenv("ADDR")
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("http://" + l.Addr().String())
	for _, b := range background {
		go b()
	}
	go load(Backend(handle), rate)
	log.Fatal(http.Serve(gated{l}, nil))
}

// load sends requests, each from a goroutine of its own as users do, at most 200 at a time.
func load(url string, rate Rate) {
	client := &http.Client{
		Timeout:   5 * time.Second,
		Transport: &http.Transport{MaxIdleConnsPerHost: 50, IdleConnTimeout: 5 * time.Second},
	}
	places := make(chan struct{}, 200)
	for {
		time.Sleep(time.Duration(rand.ExpFloat64() / rate(now()) * float64(time.Second)))
		places <- struct{}{}
		go func() {
			defer func() { <-places }()
			resp, err := client.Get(url)
			if err != nil {
				return
			}
			io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}()
	}
}

// Backend starts another server in this process and returns its address.
func Backend(handle http.HandlerFunc) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(l, handle)
	return "http://" + l.Addr().String()
}

// Slow answers after a while.
var Slow = sync.OnceValue(func() string {
	return Backend(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Duration(20+rand.Intn(60)) * time.Millisecond)
		fmt.Fprintln(w, "done")
	})
})

// Ask is the honest way to call it.
func Ask(ctx context.Context) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, Slow(), nil)
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

// Asks is a handler that does.
func Asks(w http.ResponseWriter, r *http.Request) {
	if err := Ask(r.Context()); err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
	}
}

// Sessions last a while and end by themselves: with the load they make plateaus of their own height.
func Sessions(w http.ResponseWriter, r *http.Request) {
	end := time.Now().Add(time.Duration(rand.ExpFloat64() * float64(Period) / 6))
	ctx, cancel := context.WithDeadline(context.WithoutCancel(r.Context()), end)
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

var held [][]byte

// Sawtooth lets forty megabytes come and go.
func Sawtooth() {
	for {
		for range 40 {
			held = append(held, bytes.Repeat([]byte{1}, 1<<20))
			time.Sleep(Period / 200)
		}
		held = nil
	}
}

// Restarts begins the process again at the same place, with the same pid.
func Restarts() {
	time.Sleep(Period * 3 / 2)
	if err := syscall.Exec("/proc/self/exe", os.Args, os.Environ()); err != nil {
		log.Print(err)
	}
}

// closed while pprof is not to answer.
var closed atomic.Bool

// Gaps keeps pprof from answering for a sixth of the time.
func Gaps() {
	for {
		time.Sleep(Period * 5 / 6)
		closed.Store(true)
		time.Sleep(Period / 6)
		closed.Store(false)
	}
}

type gated struct{ net.Listener }

func (g gated) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil || !closed.Load() {
			return c, err
		}
		c.Close()
	}
}
