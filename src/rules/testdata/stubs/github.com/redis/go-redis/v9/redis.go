// Package redis: the shapes that rule pages need.
package redis

import "context"

type Options struct {
	Addr     string
	PoolSize int
}

type Client struct{ opt *Options }

type StringCmd struct{ val string }

type Message struct{ Channel, Payload string }

type PubSub struct{ c *Client }

func NewClient(opt *Options) *Client

func (c *Client) Close() error

func (c *Client) Get(ctx context.Context, key string) *StringCmd

func (c *Client) Subscribe(ctx context.Context, channels ...string) *PubSub

func (c *Client) PSubscribe(ctx context.Context, channels ...string) *PubSub

func (cmd *StringCmd) Result() (string, error)

func (c *PubSub) Close() error

func (c *PubSub) Channel() <-chan *Message

func (c *PubSub) Receive(ctx context.Context) (any, error)

func (c *PubSub) ReceiveMessage(ctx context.Context) (*Message, error)

func (c *StringCmd) Err() error
