// Package grpc: the shapes that rule pages need.
package grpc

import (
	"context"

	"google.golang.org/grpc/keepalive"
)

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

type ClientStream interface {
	Header() (map[string][]string, error)
	Trailer() map[string][]string
	CloseSend() error
	Context() context.Context
	SendMsg(m any) error
	RecvMsg(m any) error
}

type ServerStreamingClient[Res any] interface {
	Recv() (*Res, error)
	ClientStream
}

type ClientStreamingClient[Req any, Res any] interface {
	Send(*Req) error
	CloseAndRecv() (*Res, error)
	ClientStream
}

type Server struct{ opts []ServerOption }

type ServerOption interface{ set() }

func NewServer(opt ...ServerOption) *Server

func WithKeepaliveParams(kp keepalive.ClientParameters) DialOption

func KeepaliveEnforcementPolicy(kep keepalive.EnforcementPolicy) ServerOption

type ServerStream interface {
	SetHeader(map[string][]string) error
	SendHeader(map[string][]string) error
	SetTrailer(map[string][]string)
	Context() context.Context
	SendMsg(m any) error
	RecvMsg(m any) error
}
