// Package api holds the shapes of the REST API in JSON, and how the gateway's words become them. The server answers
// in them and the command line reads them; they change only by additions.
package api

import (
	"encoding/json"
	"time"
)

// List is a page of a list, newest first.
type List[T any] struct {
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Pass it as after to get the next page; left out on the last."`
}

// Page makes a List of what was loaded for a page of that size.
func Page[Word, T any](words []Word, size int, shape func(Word) T, key func(T) string) List[T] {
	l := List[T]{Items: make([]T, len(words))}
	for i, w := range words {
		l.Items[i] = shape(w)
	}
	if len(words) == size && size > 0 {
		l.Next = key(l.Items[size-1])
	}
	return l
}

// Failure is why a call failed.
type Failure struct {
	Kind    string `json:"kind" enum:"invalid,unauthorized,rate_limited,retryable,permanent,unknown"`
	Message string `json:"message"`
	Detail  string `json:"detail,omitempty" doc:"The provider's own words."`
	Field   string `json:"field,omitempty"`
	Source  string `json:"source" enum:"provider,connector,gateway"`
}

// when returns nil for a zero time, so that it is left out.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// raw returns JSON as a value that is written as it is.
func raw(m json.RawMessage) any {
	if len(m) == 0 {
		return nil
	}
	return m
}
