package sdk

import (
	"encoding/json"
	"fmt"
	"log/slog"

	"github.com/cordboard/cordboard/sdk/schema"
)

// Secret is a setting that stays in the gateway. A connector holds a handle, which the gateway replaces by the secret
// as a request leaves. It prints, logs and marshals as dots; Handle is the one way to put it into a request. A connector
// that is Direct holds the secret itself, which Reveal returns.
type Secret struct{ handle string }

const dots = "••••••"

// Handle returns what stands for the secret in a URL, a header or a body. It is worth nothing outside this call.
func (s Secret) Handle() string { return s.handle }

// Reveal returns the secret in clear, for the servers that a Direct connector signs in to. In any other it is what Handle
// returns.
func (s Secret) Reveal() string { return s.handle }

// IsZero says that the setting is empty.
func (s Secret) IsZero() bool { return s.handle == "" }

func (s Secret) String() string               { return dots }
func (s Secret) Format(f fmt.State, _ rune)   { _, _ = f.Write([]byte(dots)) }
func (s Secret) LogValue() slog.Value         { return slog.StringValue(dots) }
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(dots) }

func (s *Secret) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &s.handle) }

// DescribeField makes every field of this type a secret.
func (Secret) DescribeField(f *schema.Field) {
	f.Type, f.Secret = schema.Type{Kind: schema.String}, true
}
