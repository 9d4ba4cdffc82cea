package sdktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cordboard/cordboard/sdk/protocol"
)

// golden compares the manifest with testdata/manifest.json, where a reviewer reads what changed.
func golden(t *testing.T, manifest protocol.Manifest) {
	encoded, err := json.Marshal(manifest)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := layOut(&out, encoded, 0); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	file := filepath.Join("testdata", "manifest.json")
	if *update {
		if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; run the test with -update", err)
	}
	if !bytes.Equal(out.Bytes(), want) {
		t.Errorf("the manifest changed; if this is meant, run the test with -update:\n%s", difference(want, out.Bytes()))
	}
}

// width is how long a line of the golden file may be.
const width = 160

// layOut writes JSON with what fits on a line on one: a field of a form is a line, so that a change of it is one as well.
func layOut(out *bytes.Buffer, raw []byte, depth int) error {
	if len(raw)+depth <= width || raw[0] != '{' && raw[0] != '[' {
		out.Write(raw)
		return nil
	}
	in := json.NewDecoder(bytes.NewReader(raw))
	if _, err := in.Token(); err != nil { // the bracket
		return err
	}
	out.WriteByte(raw[0])
	for first := true; in.More(); first = false {
		if !first {
			out.WriteByte(',')
		}
		fmt.Fprintf(out, "\n%s", strings.Repeat(" ", depth+1))
		if raw[0] == '{' {
			name, err := in.Token()
			if err != nil {
				return err
			}
			fmt.Fprintf(out, "%q: ", name)
		}
		var value json.RawMessage
		if err := in.Decode(&value); err != nil {
			return err
		}
		if err := layOut(out, value, depth+1); err != nil {
			return err
		}
	}
	fmt.Fprintf(out, "\n%s%c", strings.Repeat(" ", depth), raw[len(raw)-1])
	return nil
}

// shown is how many lines of a difference are worth reading in the output of a test.
const shown = 30

// difference shows the lines that are not the same, from the first one to the last.
func difference(want, got []byte) string {
	old, now := bytes.Split(want, []byte("\n")), bytes.Split(got, []byte("\n"))
	for len(old) > 0 && len(now) > 0 && bytes.Equal(old[0], now[0]) {
		old, now = old[1:], now[1:]
	}
	for len(old) > 0 && len(now) > 0 && bytes.Equal(old[len(old)-1], now[len(now)-1]) {
		old, now = old[:len(old)-1], now[:len(now)-1]
	}
	var out strings.Builder
	show := func(sign string, lines [][]byte) {
		for _, line := range lines[:min(len(lines), shown)] {
			out.WriteString(sign + string(line) + "\n")
		}
		if rest := len(lines) - shown; rest > 0 {
			fmt.Fprintf(&out, "%s … and %d lines more\n", sign, rest)
		}
	}
	show("-", old)
	show("+", now)
	return out.String()
}
