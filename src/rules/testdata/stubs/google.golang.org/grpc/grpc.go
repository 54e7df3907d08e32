// Package grpc: the shapes that rule pages need.
package grpc

import "context"

type ClientConn struct{ target string }

type DialOption interface{ apply() }

type CallOption interface{ before() }

type ClientConnInterface interface {
	Invoke(ctx context.Context, method string, args any, reply any, opts ...CallOption) error
}

func Dial(target string, opts ...DialOption) (*ClientConn, error)

func DialContext(ctx context.Context, target string, opts ...DialOption) (*ClientConn, error)

func NewClient(target string, opts ...DialOption) (*ClientConn, error)

func (cc *ClientConn) Close() error

func (cc *ClientConn) Invoke(ctx context.Context, method string, args any, reply any, opts ...CallOption) error
