// Leaks: a goroutine every two seconds under sessions that come and go ten times as much.
package main

import (
	"time"

	"example.com/stanch-programs/internal/service"
)

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

func main() { service.Run(service.Sessions, service.Bursts, slow) }
