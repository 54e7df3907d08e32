// Package websocket is the shape of github.com/gorilla/websocket, written by hand.
package websocket

import "net/http"

type Conn struct{ subprotocol string }

func (c *Conn) Close() error

type Dialer struct{ Subprotocols []string }

var DefaultDialer *Dialer

func (d *Dialer) Dial(url string, header http.Header) (*Conn, *http.Response, error)
