// Package amqp091 is the shape of github.com/rabbitmq/amqp091-go, written by hand.
package amqp091

type Connection struct{ locale string }

func Dial(url string) (*Connection, error)

func (c *Connection) Channel() (*Channel, error)
func (c *Connection) Close() error

type Channel struct{ id uint16 }

func (ch *Channel) Close() error
func (ch *Channel) Confirm(noWait bool) error
