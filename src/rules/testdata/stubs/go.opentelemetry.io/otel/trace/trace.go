// Package trace is the shape of go.opentelemetry.io/otel/trace, written by hand.
package trace

import "context"

type SpanStartOption interface{ applySpanStart() }
type SpanEndOption interface{ applySpanEnd() }

type Span interface {
	End(options ...SpanEndOption)
	AddEvent(name string)
	IsRecording() bool
	SetName(name string)
}

type Tracer interface {
	Start(ctx context.Context, spanName string, opts ...SpanStartOption) (context.Context, Span)
}

func ContextWithSpan(parent context.Context, span Span) context.Context
func SpanFromContext(ctx context.Context) Span
