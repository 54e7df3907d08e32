// Package run is the shape of github.com/oklog/run, written by hand.
package run

type Group struct{}

func (g *Group) Add(execute func() error, interrupt func(error))
func (g *Group) Run() error
