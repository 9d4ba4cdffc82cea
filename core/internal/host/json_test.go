package host

import (
	"encoding/json"
	"strings"
	"testing"
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

func FuzzCheckJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,"x",null]}`, `{"a":1,"\u0061":2}`, `"\u0000"`, "\ufeff{}", `"\ud800"`, `1e999`, `[[[[]]]]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if checkJSON(raw) == nil && len(raw) > 0 && !json.Valid(raw) {
			t.Errorf("accepted %q", raw)
		}
	})
}
