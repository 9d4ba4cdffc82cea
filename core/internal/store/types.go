package store

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/schema"
)

// stamp is an instant as a column: timestamptz on Postgres, microseconds since 1970 on SQLite; NULL is the zero
// time. What is finer than a microsecond is cut off on both.
type stamp struct{ time.Time }

func at(t time.Time) stamp { return stamp{t} }

// AppendQuery writes the instant into a statement.
func (s stamp) AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error) {
	if s.IsZero() {
		return append(b, "NULL"...), nil
	}
	if gen.Dialect().Name() == dialect.SQLite {
		return whole(s.UnixMicro()).AppendQuery(gen, b)
	}
	if p, ok := gen.Dialect().(*placing); ok {
		return append(p.place(b, s.UTC().Truncate(time.Microsecond)), "::timestamptz"...), nil
	}
	b = append(b, '\'')
	b = s.UTC().AppendFormat(b, "2006-01-02 15:04:05.999999")
	return append(b, "+00'::timestamptz"...), nil
}

// Scan reads a column.
func (s *stamp) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		s.Time = time.Time{}
	case time.Time:
		s.Time = v.UTC()
	case int64:
		s.Time = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("scan an instant from %T", src)
	}
	return nil
}

// textual is a dialect whose texts are ones that both databases can hold. Strangers write what they like: Postgres
// refuses a NUL and what is no UTF-8, and to SQLite a NUL is the end of the statement. Each is stored as U+FFFD.
type textual struct{ schema.Dialect }

// AppendString writes a text into a statement.
func (d textual) AppendString(b []byte, s string) []byte {
	return d.Dialect.AppendString(b, storable(s))
}

func storable(s string) string {
	const unknown = "\uFFFD"
	return strings.ReplaceAll(strings.ToValidUTF8(s, unknown), "\x00", unknown)
}

// document is JSON whose bytes are kept as they are; NULL if there are none.
type document json.RawMessage

// AppendQuery writes the JSON into a statement.
func (d document) AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error) {
	if len(d) == 0 {
		return append(b, "NULL"...), nil
	}
	return gen.Dialect().AppendString(b, string(d)), nil
}

// Scan reads a column.
func (d *document) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*d = nil
	case []byte:
		*d = bytes.Clone(v)
	case string:
		*d = document(v)
	default:
		return fmt.Errorf("scan JSON from %T", src)
	}
	return nil
}

// encoded is a value stored as JSON; a nil one is NULL.
type encoded[T any] struct{ value T }

func encode[T any](v T) encoded[T] { return encoded[T]{v} }

// AppendQuery writes the value into a statement.
func (e encoded[T]) AppendQuery(gen schema.QueryGen, b []byte) ([]byte, error) {
	text, err := json.Marshal(e.value)
	if err != nil {
		return nil, err
	}
	if string(text) == "null" {
		text = nil
	}
	return document(text).AppendQuery(gen, b)
}

// Scan reads a column.
func (e *encoded[T]) Scan(src any) error {
	var text document
	if err := text.Scan(src); err != nil {
		return err
	}
	var value T
	if len(text) > 0 {
		if err := json.Unmarshal(text, &value); err != nil {
			return err
		}
	}
	e.value = value
	return nil
}
