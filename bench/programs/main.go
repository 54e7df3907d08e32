// Programs as services are: healthy ones that look like leaks, and leaks that hide behind what healthy ones do. bench/programs.ts starts
// each as a process of its own, watches all of them at once and reads the verdicts.
//
//	programs NAME [SECONDS]     prints the address of pprof; times are in units of a period, default 60 s
//
// The line that a verdict has to name carries a comment: LEAK and the program's name.
package main

import (
	"fmt"
	"io"
	"log"
	"math"
	"math/rand"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// program runs until the process ends. Requests come at rate(t) per second, t in periods since the start.
type program struct {
	handle http.HandlerFunc
	rate   func(t float64) float64
	// Beside the requests; may be nil.
	background func()
}

var period = 60 * time.Second

var started = time.Now()

func now() float64 { return float64(time.Since(started)) / float64(period) }

func constant(n float64) func(float64) float64 { return func(float64) float64 { return n } }

func sine(t float64) float64 { return 20 + 18*math.Sin(2*math.Pi*t) }

// A fifth more load each period, without an end.
func growing(t float64) float64 { return 10 * (1 + t/5) }

func ramp(t float64) float64 { return math.Min(40, 2+20*t) }

func bursts(t float64) float64 {
	if _, f := math.Modf(t); f < 0.1 {
		return 80
	}
	return 5
}

func main() {
	if len(os.Args) < 2 || programs[os.Args[1]].handle == nil {
		names := make([]string, 0, len(programs))
		for name := range programs {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			fmt.Println(name)
		}
		return
	}
	p := programs[os.Args[1]]
	if len(os.Args) > 2 {
		n, err := strconv.Atoi(os.Args[2])
		if err != nil {
			log.Fatal(err)
		}
		period = time.Duration(n) * time.Second
	}
	address := os.Getenv("ADDR")
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("http://" + l.Addr().String())
	if p.background != nil {
		go p.background()
	}
	work, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/", p.handle)
	go http.Serve(work, mux)
	go load("http://"+work.Addr().String(), p.rate)
	log.Fatal(http.Serve(gate(l), nil))
}

// load sends requests, each from a goroutine of its own as users do, at most 200 at a time.
func load(url string, rate func(float64) float64) {
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

// A backend answers after a while, in this process.
var backend = sync.OnceValue(func() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(time.Duration(20+rand.Intn(60)) * time.Millisecond)
		fmt.Fprintln(w, "done")
	}))
	return "http://" + l.Addr().String()
})

// closed while pprof is not to answer.
var closed atomic.Bool

type gated struct{ net.Listener }

func gate(l net.Listener) net.Listener { return gated{l} }

func (g gated) Accept() (net.Conn, error) {
	for {
		c, err := g.Listener.Accept()
		if err != nil || !closed.Load() {
			return c, err
		}
		c.Close()
	}
}
