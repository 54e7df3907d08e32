// Package smtp is the shape of github.com/emersion/go-smtp, written by hand.
package smtp

import "io"

type MailOptions struct{ Size int64 }

type Session interface {
	Reset()
	Logout() error
	Mail(from string, opts *MailOptions) error
	Data(r io.Reader) error
}
