package schema_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/cordboard/cordboard/sdk/schema"
)

type input struct {
	To       string   `json:"to" rule:"required,phone"`
	Text     string   `json:"text" rule:"max=5"`
	Priority string   `json:"priority" rule:"oneof=low high"`
	Count    int64    `json:"count" rule:"min=1,max=9"`
	ID       int64    `json:"id"`
	Ratio    float64  `json:"ratio"`
	On       bool     `json:"on"`
	At       string   `json:"at" rule:"nullable"`
	Body     []string `json:"body" rule:"max=2"`
	Inner    struct {
		Site string `json:"site" rule:"required,slug"`
	} `json:"inner"`
	Extra map[string]int `json:"extra"`
	Wait  schema.Span    `json:"wait"`
	Any   any            `json:"any"`
}

func TestCheckNamesPathAndRemedy(t *testing.T) {
	t.Parallel()
	described, err := schema.For[input]()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		value string
		want  []string
	}{
		"what is required suffices":   {`{"to":"+34600123456"}`, nil},
		"everything":                  {`{"to":"600 123 456","text":"héllo","priority":"low","count":9,"ratio":0.5,"on":true,"at":null,"body":["a"],"inner":{"site":"acme"},"extra":{"a":1},"wait":"2h","any":[1]}`, nil},
		"an empty optional text":      {`{"to":"+34600123456","priority":""}`, nil},
		"the largest 64-bit integer":  {`{"to":"+34600123456","id":9223372036854775807}`, nil},
		"one more than that":          {`{"to":"+34600123456","id":9223372036854775808}`, []string{"with.id must be a whole number of at most 64 bits"}},
		"a fraction":                  {`{"to":"+34600123456","id":1.5}`, []string{"with.id must be a whole number of at most 64 bits"}},
		"several problems at once":    {`{"text":"too long","count":0}`, []string{"with.to must be filled in", "with.text must have at most 5 characters", "with.count must be at least 1"}},
		"an empty required text":      {`{"to":""}`, []string{"with.to must be filled in"}},
		"a misspelt field":            {`{"to":"+34600123456","txet":"x"}`, []string{`with.txet is not a field here; did you mean "text"?`}},
		"an unrelated field":          {`{"to":"+34600123456","zzz":"x"}`, []string{"with.zzz is not a field here"}},
		"a misspelt choice":           {`{"to":"+34600123456","priority":"hihg"}`, []string{`with.priority must be one of low, high; did you mean "high"?`}},
		"null where it is not wanted": {`{"to":null}`, []string{"with.to must not be null; leave it out or give a string"}},
		"a number for text":           {`{"to":34600123456}`, []string{"with.to must be text, not a number"}},
		"text for a number":           {`{"to":"+34600123456","count":"3"}`, []string{"with.count must be a whole number, not text"}},
		"a bad entry of a list":       {`{"to":"+34600123456","body":["a",1,"c"]}`, []string{"with.body must have at most 2 entries", "with.body[1] must be text, not a number"}},
		"a bad field inside":          {`{"to":"+34600123456","inner":{"site":"A b"}}`, []string{"with.inner.site must be of lower-case letters, digits, - and _"}},
		"a bad value of a map":        {`{"to":"+34600123456","extra":{"a":"x"}}`, []string{"with.extra.a must be a whole number, not text"}},
		"a bad duration":              {`{"to":"+34600123456","wait":"soon"}`, []string{"with.wait must be a duration such as 2h30m"}},
		"a list for the object":       {`[]`, []string{"with must be an object, not a list"}},
		"no JSON":                     {`{`, []string{"with is not JSON: unexpected EOF"}},
		"two values":                  {`{} {}`, []string{"with is not JSON: there is more after the value"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, p := range described.Check(json.RawMessage(tt.value), "with") {
				got = append(got, p.Path+" "+p.Message)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestFormats(t *testing.T) {
	t.Parallel()
	tests := map[string]struct{ good, bad []string }{
		"email":    {[]string{"a@example.com", "a+b@example.com"}, []string{"a", "Ann <a@example.com>", "a@"}},
		"phone":    {[]string{"+34600123456", "(600) 123-456"}, []string{"12", "+34 600 abc", "1234567890123456"}},
		"url":      {[]string{"https://example.com/x", "http://127.0.0.1:8090"}, []string{"example.com", "ftp://x", "https://", "https://u:p@example.com", "https://exa mple.com"}},
		"slug":     {[]string{"a", "my-shop_1"}, []string{"-a", "A", "a.b", "a/b"}},
		"hostname": {[]string{"example.com", "localhost"}, []string{"a..b", "-a.com", "a_b.com"}},
		"digits":   {[]string{"0123"}, []string{"1a", "-1"}},
	}
	for format, tt := range tests {
		t.Run(format, func(t *testing.T) {
			t.Parallel()
			object := schema.Type{Kind: schema.Object, Fields: []schema.Field{{Name: "v", Type: schema.Type{Kind: schema.String}, Format: format}}}
			for _, s := range tt.good {
				if p := object.Check(json.RawMessage(fmt.Sprintf(`{"v":%q}`, s)), ""); len(p) > 0 {
					t.Errorf("%q: %v", s, p)
				}
			}
			for _, s := range tt.bad {
				if p := object.Check(json.RawMessage(fmt.Sprintf(`{"v":%q}`, s)), ""); len(p) == 0 {
					t.Errorf("%q passes", s)
				}
			}
		})
	}
}

func TestNormalize(t *testing.T) {
	t.Parallel()
	described, err := schema.For[struct {
		Shop  string `json:"shop" rule:"lower,strip=https:// http:// / /admin .myshopify.com"`
		Lang  string `json:"lang" default:"en"`
		N     int64  `json:"n"`
		Items []struct {
			Kind string `json:"kind" default:"a"`
		} `json:"items"`
	}]()
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct{ value, want string }{
		"defaults fill what is absent":   {`{}`, `{"lang":"en"}`},
		"and what is empty":              {`{"lang":""}`, `{"lang":"en"}`},
		"what is there stays":            {`{"lang":"es"}`, `{"lang":"es"}`},
		"a pasted address":               {`{"shop":" https://Bottega.myshopify.com/admin/ "}`, `{"lang":"en","shop":"bottega"}`},
		"another host is left for Check": {`{"shop":"bottega.myshopify.com.evil.com"}`, `{"lang":"en","shop":"bottega.myshopify.com.evil.com"}`},
		"large numbers keep their bytes": {`{"n":820982911946154508}`, `{"lang":"en","n":820982911946154508}`},
		"inside lists":                   {`{"items":[{},{"kind":"<b>"}]}`, `{"items":[{"kind":"a"},{"kind":"<b>"}],"lang":"en"}`},
		"a value of another shape":       {`[1]`, `[1]`},
		"null":                           {`null`, `null`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := described.Normalize(json.RawMessage(tt.value)); string(got) != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func FuzzCheck(f *testing.F) {
	described, err := schema.For[input]()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"to":"x"}`))
	f.Fuzz(func(t *testing.T, value []byte) {
		if len(described.Check(value, "")) == 0 {
			var in input
			if err := json.Unmarshal(described.Normalize(value), &in); err != nil {
				t.Errorf("%s passes the check but not the decoder: %v", value, err)
			}
		}
	})
}
