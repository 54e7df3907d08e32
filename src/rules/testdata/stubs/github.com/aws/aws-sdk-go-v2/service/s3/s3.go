// Package s3 is the shape of github.com/aws/aws-sdk-go-v2/service/s3, written by hand.
package s3

import (
	"context"
	"io"
)

type Client struct{}

type Options struct{}

type GetObjectInput struct {
	Bucket *string
	Key    *string
}

type GetObjectOutput struct {
	Body io.ReadCloser
}

func (c *Client) GetObject(ctx context.Context, params *GetObjectInput, optFns ...func(*Options)) (*GetObjectOutput, error)
