// Package errgroup is the shape of golang.org/x/sync/errgroup, written by hand.
package errgroup

import "context"

type Group struct{}

func WithContext(ctx context.Context) (*Group, context.Context)

func (g *Group) Go(f func() error)

func (g *Group) Wait() error
