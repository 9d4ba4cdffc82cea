package engine

import (
	"testing"
)

func TestAHooksBodyIsReadAsWhatItIs(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ kind, body, want string }{
		"JSON keeps its numbers":         {"application/json", `{"id":9007199254740993}`, `{"id":9007199254740993}`},
		"JSON that is not called so":     {"text/plain", ` [1,2] `, `[1,2]`},
		"a form":                         {"application/x-www-form-urlencoded; charset=utf-8", "a=1&b=x+y&a=2", `{"a":"1","b":"x y"}`},
		"text":                           {"text/plain", "hello", `"hello"`},
		"nothing":                        {"", "", `null`},
		"bytes that are no text":         {"application/octet-stream", "a\xffb", `"a` + "\uFFFD" + `b"`},
		"JSON that is broken stays text": {"application/json", `{"a":`, `"{\"a\":"`},
	}
	for name, tt := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ev, err := fromHook(Request{ID: "req_1", Method: "POST", Header: map[string][]string{"Content-Type": {tt.kind}}, Query: map[string][]string{"q": {"1", "2"}}, Body: []byte(tt.body)})
			if err != nil {
				t.Fatal(err)
			}
			want := `{"body":` + tt.want + `,"headers":{"content-type":"` + tt.kind + `"},"method":"POST","query":{"q":"1"}}`
			if string(ev.Data) != want || ev.Key != "req_1" {
				t.Errorf("%s with key %s, want %s", ev.Data, ev.Key, want)
			}
		})
	}
}

func TestAHooksDeliveryKeyIsItsEventsKey(t *testing.T) {
	t.Parallel()
	ev, err := fromHook(Request{ID: "req_1", ConnectionID: "hook_1", DeliveryKey: "d-7"})
	if err != nil || ev.Key != "d-7" || ev.Type != "webhook" || ev.ConnectionID != "hook_1" {
		t.Errorf("%+v, %v", ev, err)
	}
}
