// Package sftp is the shape of github.com/pkg/sftp, written by hand.
package sftp

type Client struct{}

func (c *Client) Open(path string) (*File, error) { return nil, nil }

type File struct{}

func (f *File) Read(b []byte) (int, error) { return 0, nil }

func (f *File) Close() error { return nil }
