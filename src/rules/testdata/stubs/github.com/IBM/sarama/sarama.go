// Package sarama: the shapes that rule pages need.
package sarama

type Config struct{}

type Client interface {
	Close() error
	Closed() bool
}

type Consumer interface {
	Topics() ([]string, error)
	Close() error
}

func NewConfig() *Config

func NewClient(addrs []string, conf *Config) (Client, error)

func NewConsumer(addrs []string, conf *Config) (Consumer, error)

func NewConsumerFromClient(client Client) (Consumer, error)
