package host

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestRepliesAreChecked(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ raw, problem string }{
		"nothing":                        {"", ""},
		"large numbers":                  {`{"id":820982911946154508,"n":1e400}`, ""},
		"the same name in other objects": {`{"a":{"b":1},"c":{"b":1},"b":[{"b":1},{"b":2}]}`, ""},
		"the deepest allowed":            {strings.Repeat("[", maxDepth) + "1" + strings.Repeat("]", maxDepth), ""},
		"one level too deep":             {strings.Repeat("[", maxDepth+1) + "1" + strings.Repeat("]", maxDepth+1), "deeper"},
		"very deep":                      {strings.Repeat(`{"a":`, 10_001), "not valid JSON"},
		"a member twice":                 {`{"role":1,"x":{"role":1},"role":2}`, `"role" twice`},
		"a member twice, escaped":        {`{"role":1,"\u0072ole":2}`, "twice"},
		"a member twice inside":          {`[{"a":[{"b":1,"b":2}]}]`, "twice"},
		"a NUL":                          {`{"a":"x\u0000"}`, "NUL"},
		"a NUL in a name":                {`{"\u0000":1}`, "NUL"},
		"invalid UTF-8":                  {"\"\xff\"", "UTF-8"},
		"NaN":                            {"NaN", "not valid JSON"},
		"two values":                     {"1 2", "not valid JSON"},
		"half a value":                   {`{"a":`, "not valid JSON"},
		"too large":                      {`"` + strings.Repeat("x", maxJSON) + `"`, "larger"},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := checkJSON(json.RawMessage(tt.raw))
			if tt.problem == "" && err != nil || tt.problem != "" && (err == nil || !strings.Contains(err.Error(), tt.problem)) {
				t.Errorf("error = %v, want %q", err, tt.problem)
			}
		})
	}
}

// slowly decides as checkJSON does, with the library's reader.
func slowly(raw []byte) bool {
	if len(raw) > maxJSON || !utf8.Valid(raw) || !json.Valid(raw) {
		return len(raw) == 0
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	good := func(token json.Token) bool {
		s, text := token.(string)
		return !text || !strings.Contains(s, "\x00")
	}
	var walk func(depth int) bool
	walk = func(depth int) bool {
		token, _ := dec.Token()
		if depth > maxDepth || !good(token) {
			return false
		}
		if token != json.Delim('{') && token != json.Delim('[') {
			return true
		}
		seen := map[json.Token]bool{}
		for dec.More() {
			if token == json.Delim('{') {
				name, _ := dec.Token()
				if !good(name) || seen[name] {
					return false
				}
				seen[name] = true
			}
			if !walk(depth + 1) {
				return false
			}
		}
		_, _ = dec.Token()
		return true
	}
	return walk(0)
}

func FuzzCheckJSON(f *testing.F) {
	many := make([]string, 40)
	for n := range many {
		many[n] = fmt.Sprintf(`"m%d":[%d , {"m":null}, true]`, n%39, n)
	}
	for _, seed := range []string{
		`{"a":[1,"x",null]}`, `{"a":1,"\u0061":2}`, `"\u0000"`, "\ufeff{}", `"\ud800"`, `1e999`, `[[[[]]]]`, " [ ] ", `{"a" : { } , "b":"\\"}`,
		`{"\"":1,"\\":2,"\"":3}`, "[-1.5e3\n,2]\t", `{"\ud800":1,"\udbff":2}`, "{" + strings.Join(many, ",") + "}", "{" + strings.Join(many[:39], ",") + "}",
		"{" + strings.Join(many[:16], ",") + `,"m3":1}`, strings.Repeat("[", maxDepth+1) + strings.Repeat("]", maxDepth+1),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := checkJSON(raw); (err == nil) != slowly(raw) {
			t.Errorf("%q: %v", raw, err)
		}
	})
}
