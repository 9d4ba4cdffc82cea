package engine

import (
	"encoding/json"
	"testing"
	"unicode/utf8"
)

// FuzzFromHook holds that any body under any name becomes an event whose data can be stored (case 67), with each member
// of a JSON body as it was sent.
func FuzzFromHook(f *testing.F) {
	for _, body := range []string{
		`{"id":820982911946154508,"role":"a","Role":"b"}`, "\ufeff{}", "\"\\ud800\"", "\"\x96\"", "\xff\xfe{\x00}\x00", "a=1&a=2&b=%zz", "--b\r\n\r\n", "[[[[[[]]]]]]", " 1e400 ", "",
	} {
		f.Add("application/json; charset=utf-16", "q", "v", []byte(body))
		f.Add("application/x-www-form-urlencoded", "", "\x00", []byte(body))
	}
	f.Fuzz(func(t *testing.T, kind, name, value string, body []byte) {
		e, err := fromHook(Request{
			ID: "req_1", Method: "POST", Body: body,
			Query: map[string][]string{name: {value}}, Header: map[string][]string{"Content-Type": {kind}, "X-" + name: {value}},
		})
		if err != nil {
			t.Fatalf("%q as %q: %v", body, kind, err)
		}
		var data struct {
			Method string
			Body   json.RawMessage
		}
		if err := json.Unmarshal(e.Data, &data); err != nil || data.Method != "POST" || !utf8.Valid(e.Data) {
			t.Errorf("%q as %q becomes %q: %v", body, kind, e.Data, err)
		}
		if e.Key != "req_1" {
			t.Errorf("key %q", e.Key)
		}
	})
}
