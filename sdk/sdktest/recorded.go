package sdktest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"reflect"
	"sync"
	"testing"
)

// exchange is one recorded request and its answer.
type exchange struct {
	Request struct {
		Method string          `json:"method"`
		URL    string          `json:"url"`  // path and query
		Body   json.RawMessage `json:"body"` // compared as JSON; absent: not compared
	} `json:"request"`
	Response struct {
		Status int               `json:"status"` // zero: 200
		Header map[string]string `json:"header"`
		Body   json.RawMessage   `json:"body"` // a JSON string that begins with "<" is sent as it reads
	} `json:"response"`
}

// Recorded plays a file of exchanges: requests must come in that order with that method, URL and JSON body. At the end
// of the test every exchange must have taken place.
func Recorded(t testing.TB, file string) http.Handler {
	t.Helper()
	encoded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var exchanges []exchange
	if err := json.Unmarshal(encoded, &exchanges); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	var mu sync.Mutex
	next := 0
	t.Cleanup(func() {
		if next < len(exchanges) && !t.Failed() {
			t.Errorf("%s: only %d of %d exchanges took place", file, next, len(exchanges))
		}
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(r.Body)
		if next == len(exchanges) {
			t.Errorf("%s: unexpected %s %s %s", file, r.Method, r.URL.RequestURI(), body)
			http.NotFound(w, r)
			return
		}
		e := exchanges[next]
		next++
		if r.Method != e.Request.Method || r.URL.RequestURI() != e.Request.URL || e.Request.Body != nil && !sameJSON(body, e.Request.Body) {
			t.Errorf("%s: request %d is\n%s %s %s\nwant\n%s %s %s", file, next, r.Method, r.URL.RequestURI(), body, e.Request.Method, e.Request.URL, e.Request.Body)
		}
		for name, value := range e.Response.Header {
			w.Header().Set(name, value)
		}
		if e.Response.Status != 0 {
			w.WriteHeader(e.Response.Status)
		}
		answer := []byte(e.Response.Body)
		var markup string
		if json.Unmarshal(answer, &markup) == nil && bytes.HasPrefix([]byte(markup), []byte("<")) {
			answer = []byte(markup)
		}
		_, _ = w.Write(answer)
	})
}

func sameJSON(a, b []byte) bool {
	read := func(encoded []byte) (v any, err error) {
		dec := json.NewDecoder(bytes.NewReader(encoded))
		dec.UseNumber()
		err = dec.Decode(&v)
		return v, err
	}
	x, errX := read(a)
	y, errY := read(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}
