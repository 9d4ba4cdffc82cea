package sdktest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestWhatFitsOnALineStandsOnOne(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", width)
	raw := `{"id":820982911946154508,"a":[{"b":1},{"c":"` + long + `"}],"d":{}}`
	var out bytes.Buffer
	if err := layOut(&out, []byte(raw), 0); err != nil {
		t.Fatal(err)
	}
	want := "{\n \"id\": 820982911946154508,\n \"a\": [\n  {\"b\":1},\n  {\n   \"c\": \"" + long + "\"\n  }\n ],\n \"d\": {}\n}"
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	var back bytes.Buffer
	if err := json.Compact(&back, out.Bytes()); err != nil || back.String() != raw {
		t.Errorf("reads as %s, %v", back.String(), err)
	}
}

func TestADifferenceIsWhatChanged(t *testing.T) {
	t.Parallel()
	if got := difference([]byte("a\nb\nc\nd"), []byte("a\nx\ny\nd")); got != "-b\n-c\n+x\n+y\n" {
		t.Errorf("got %q", got)
	}
	if got := difference([]byte("a"), []byte("a\n"+strings.Repeat("x\n", shown+5))); !strings.Contains(got, "+ … and 6 lines more") {
		t.Errorf("got %q", got)
	}
}
