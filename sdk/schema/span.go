package schema

import (
	"encoding/json"
	"fmt"
	"time"
)

// Span is a duration that reads and writes as text such as "2h" or "1h30m".
type Span time.Duration

func (Span) DescribeField(f *Field) { f.Type = Type{Kind: Duration} }

func (s Span) String() string { return time.Duration(s).String() }

func (s Span) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

func (s *Span) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a duration is text such as \"2h\": %w", err)
	}
	d, err := time.ParseDuration(text)
	*s = Span(d)
	return err
}
