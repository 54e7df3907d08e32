// Package smtp is the shape of github.com/emersion/go-smtp, written by hand, with two functions that it might have.
package smtp

import "io"

type MailOptions struct{ Size int64 }

type Session interface {
	Reset()
	Logout() error
	Mail(from string, opts *MailOptions) error
	Data(r io.Reader) error
}

func Filter(f func(opts *MailOptions) error)
func RunOnce(f func(opts *MailOptions) error)
