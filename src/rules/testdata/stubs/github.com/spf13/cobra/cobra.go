// Package cobra is the shape of github.com/spf13/cobra, written by hand.
package cobra

import "context"

type Command struct {
	Use  string
	RunE func(cmd *Command, args []string) error
}

func (c *Command) AddCommand(cmds ...*Command)
func (c *Command) Execute() error
func (c *Command) Context() context.Context
