package config

import (
	"fmt"
	"io"
	"log/slog"
)

// dots stand for a secret wherever it would be printed.
const dots = "••••••"

// Secret is a text that prints as dots with every verb of fmt, in logs and in JSON. The empty one prints as nothing.
type Secret string

// Reveal returns the text.
func (s Secret) Reveal() string { return string(s) }

func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return dots
}

// Format implements fmt.Formatter for all verbs.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText also serves JSON and YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
