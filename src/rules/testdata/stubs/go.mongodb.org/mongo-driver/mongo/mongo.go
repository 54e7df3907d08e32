// Package mongo: the shapes that rule pages need.
package mongo

import "context"

type Client struct{ id int }

type ClientOptions struct{ uri string }

func Connect(ctx context.Context, opts ...*ClientOptions) (*Client, error)

func (c *Client) Disconnect(ctx context.Context) error

func (c *Client) Ping(ctx context.Context, rp any) error
