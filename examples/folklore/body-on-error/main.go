// Said: the body must be closed also where the call returned an error.
package main

import (
	"net"
	"net/http"

	"example.com/stanch-examples/folklore/internal/show"
)

func main() {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	address := l.Addr().String()
	l.Close()
	resp, err := http.Get("http://" + address)
	show.That(err != nil && resp == nil, "nobody listens: the response is %v, and there is no body", resp)
	s := show.Serve(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/again", http.StatusFound) })
	defer s.Close()
	resp, err = http.Get(s.URL)
	if err == nil || resp == nil {
		panic("ten redirects are no error any more")
	}
	n, readErr := resp.Body.Read(make([]byte, 1))
	show.That(n == 0 && readErr != nil, "too many redirects: the response is there, and its body is closed already (%v)", readErr)
	show.Done()
}
