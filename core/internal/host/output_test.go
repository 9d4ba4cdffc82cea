package host

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestOutputIsBounded(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	now := time.Now()
	o := newOutput(slog.New(slog.NewTextHandler(&log, nil)), newFaults(func(Fault) {}))
	held := 0
	o.hold = func(_ <-chan struct{}, bytes int) { held += bytes }
	o.now = func() time.Time { return now }
	w := o.lines(nil)
	for range 100 {
		_, _ = w.Write(bytes.Repeat([]byte("x"), 1<<20)) // one endless line
	}
	_, _ = w.Write([]byte("\n"))
	if n := log.Len(); n < maxLine || n > maxLine+1024 {
		t.Errorf("one line took %d bytes, want about %d", n, maxLine)
	}
	for range 100_000 {
		_, _ = w.Write([]byte(strings.Repeat("y", 99) + "\n"))
	}
	if n := strings.Count(log.String(), "y"); n > maxPerMinute {
		t.Errorf("kept %d bytes in a minute, want at most %d", n, maxPerMinute)
	}
	if last, printed := o.last(); len(last) != tailLines || len(last[0]) > tailLine || printed < tailLines {
		t.Errorf("tail has %d lines of %d", len(last), printed)
	}
	kept := (maxPerMinute - maxLine) / 99 // lines, after the endless one
	if want := 100<<20 + 1 + 100*kept + 100*unkept*(100_000-kept); held != want {
		t.Errorf("the pace was kept for %d bytes, want %d: all that was printed, and what is not kept so many times", held, want)
	}
	now, held = now.Add(time.Minute), 0
	_, _ = w.Write([]byte("one\n"))
	if held != 4 {
		t.Errorf("a minute later %d bytes take their time", held)
	}
	_, _ = w.Write([]byte("\x1b[31mred\x00\xff\nhalf"))
	w.end()
	if last, _ := o.last(); last[len(last)-2] != "[31mred" || last[len(last)-1] != "half" {
		t.Errorf("tail ends with %q", last[len(last)-2:])
	}
	if !strings.Contains(log.String(), "connector output dropped") {
		t.Error("nobody says that output was dropped")
	}
}
