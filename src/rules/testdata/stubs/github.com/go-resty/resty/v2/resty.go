// Package resty is the shape of github.com/go-resty/resty/v2, written by hand.
package resty

import (
	"net/http"
	"time"
)

type Client struct{}
type Request struct{}
type Response struct{}

func New() *Client

func (c *Client) R() *Request
func (c *Client) SetBaseURL(url string) *Client
func (c *Client) SetTimeout(timeout time.Duration) *Client
func (c *Client) SetTransport(transport http.RoundTripper) *Client
func (c *Client) GetClient() *http.Client

func (r *Request) Get(url string) (*Response, error)

func (r *Response) Body() []byte
