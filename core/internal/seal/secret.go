package seal

import (
	"fmt"
	"io"
	"log/slog"
)

// dots stand for a secret wherever it would be printed.
const dots = "••••••"

// Secret is a text that prints as dots: in logs, errors, JSON and with every verb of fmt. Reveal gives the text. The
// zero value is the empty secret.
type Secret struct {
	text *string // behind a pointer: fmt looks into unexported fields, but not through pointers in them
}

// NewSecret wraps a text.
func NewSecret(text string) Secret { return Secret{&text} }

// Reveal returns the text. It is called where a request leaves, a signature is checked, or a person asks to see it.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return *s.text
}

// Empty reports whether there is no text.
func (s Secret) Empty() bool { return s.Reveal() == "" }

// String implements fmt.Stringer.
func (s Secret) String() string { return dots }

// Format implements fmt.Formatter for all verbs.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, dots) }

// MarshalText also serves JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(dots), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(dots) }
