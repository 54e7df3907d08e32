// Package nats: the shapes that rule pages need.
package nats

type Conn struct{ url string }

type Option func() error

type Msg struct {
	Subject string
	Data    []byte
}

type Subscription struct{ subject string }

type MsgHandler func(msg *Msg)

func Connect(url string, options ...Option) (*Conn, error)

func (nc *Conn) Close()

func (nc *Conn) Drain() error

func (nc *Conn) Publish(subj string, data []byte) error

func (nc *Conn) Subscribe(subj string, cb MsgHandler) (*Subscription, error)
