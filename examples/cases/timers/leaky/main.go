// A consumer that arms time.After in every turn of a busy loop. With a go line below 1.23 nothing can stop such a timer: each stays
// with the runtime until its five minutes are over, four thousand new ones a second. With go 1.23 or later the same source leaves garbage.
package main

import (
	"fmt"
	"hash/crc32"
	"io"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"sync/atomic"
	"time"
)

var (
	done atomic.Int64 // jobs
	sum  atomic.Uint64
)

func consume(jobs <-chan []byte) {
	for {
		select {
		case job := <-jobs:
			sum.Add(uint64(crc32.ChecksumIEEE(job)))
			done.Add(1)
		case <-time.After(5 * time.Minute):
			log.Print("no work for five minutes")
			return
		}
	}
}

// produce is the load: about four thousand jobs of 16 KiB a second. Real work makes garbage, and so the collector comes by often.
func produce(jobs chan<- []byte) {
	ticks := time.NewTicker(10 * time.Millisecond)
	defer ticks.Stop()
	start, sent := time.Now(), 0
	for range ticks.C {
		// By the clock: a busy machine drops ticks.
		for due := int(4000 * time.Since(start).Seconds()); sent < due; sent++ {
			jobs <- make([]byte, 16<<10)
		}
	}
}

func main() {
	addr := os.Getenv("ADDR")
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("http://" + l.Addr().String())
	if os.Getenv("EXAMPLE_END_WITH_STDIN") != "" {
		go func() {
			io.Copy(io.Discard, os.Stdin)
			os.Exit(0)
		}()
	}
	http.HandleFunc("/metrics", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "# TYPE jobs_total counter\njobs_total %d\n", done.Load())
	})
	jobs := make(chan []byte)
	go consume(jobs)
	go produce(jobs)
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second}
	log.Fatal(server.Serve(l))
}
