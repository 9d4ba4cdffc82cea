package host

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
)

// What is kept of a connector's own output.
const (
	maxLine      = 64 << 10 // bytes of one line
	maxPerMinute = 1 << 20  // bytes of all lines
	tailLines    = 20       // the last lines, for the console
	tailLine     = 400      // bytes of each of them
	unkept       = 8        // times slower is read what is not kept
)

// output passes what a connector prints to the log. It never takes more than its allowance: the rest of a long line and
// the lines above the rate are dropped and counted, and a connector that prints faster than is read waits.
type output struct {
	log    *slog.Logger
	faults *faults
	now    func() time.Time
	hold   func(gone <-chan struct{}, bytes int) // returns when as much more may be read, or when the process is gone

	mu      sync.Mutex
	minute  time.Time // when the present allowance began
	used    int
	dropped int
	tail    []string
	printed int // lines
}

func newOutput(log *slog.Logger, f *faults) *output {
	reading := newPace(readRate, printedHead, f)
	return &output{log: log, faults: f, now: time.Now, hold: reading.waitWhile}
}

// lines returns a writer for one stream of a process; nobody waits for the pace of one that is gone.
func (o *output) lines(gone <-chan struct{}) *lineWriter { return &lineWriter{out: o, gone: gone} }

// last returns the last lines, and how many there were in all.
func (o *output) last() ([]string, int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.tail), o.printed
}

func (o *output) line(raw []byte) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if now := o.now(); now.Sub(o.minute) >= time.Minute {
		if o.dropped > 0 {
			o.log.Warn("connector output dropped", "bytes", o.dropped)
		}
		o.minute, o.used, o.dropped = now, 0, 0
	}
	if o.used+len(raw) > maxPerMinute { // before anything is done with it: most of a flood is not kept
		o.dropped += len(raw)
		return
	}
	text := clean(string(raw), maxLine)
	o.used += len(raw)
	o.printed++
	o.tail = append(o.tail, clean(text, tailLine))
	if len(o.tail) > tailLines {
		o.tail = slices.Delete(o.tail, 0, 1)
	}
	o.log.Info("connector output", "line", text)
}

// weight is how much more of the pace a byte takes now: a flood of which nothing is kept any more is not worth reading fast.
func (o *output) weight() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.dropped > 0 && o.now().Sub(o.minute) < time.Minute {
		return unkept
	}
	return 1
}

// lineWriter cuts a stream into lines.
type lineWriter struct {
	out  *output
	gone <-chan struct{}
	mu   sync.Mutex
	rest []byte // of the line that is not complete yet, up to maxLine bytes
}

func (w *lineWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() { w.out.hold(w.gone, len(p)*w.out.weight()) }()
	for rest := p; len(rest) > 0; {
		part, after, complete := bytes.Cut(rest, []byte("\n"))
		w.rest = append(w.rest, part[:min(len(part), maxLine-len(w.rest))]...)
		if complete {
			w.out.line(w.rest)
			w.rest = w.rest[:0]
		}
		rest = after
	}
	return len(p), nil
}

// end passes on what stands after the last line break.
func (w *lineWriter) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.out.line(w.rest)
	w.rest = nil
}

// clean makes a stranger's text fit to print: valid UTF-8, no control characters, at most limit bytes.
func clean(text string, limit int) string {
	if len(text) > limit {
		text = text[:limit]
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case unicode.IsControl(r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}
