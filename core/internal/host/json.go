package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"unicode/utf8"
)

const (
	maxJSON  = 4 << 20 // bytes of one value
	maxDepth = 200
)

// checkJSON accepts one JSON value that every reader reads the same: valid UTF-8, no member twice, no NUL (which
// databases refuse), not too deep and not too large. Empty means null.
func checkJSON(raw json.RawMessage) error {
	switch {
	case len(raw) == 0:
		return nil
	case len(raw) > maxJSON:
		return fmt.Errorf("it is larger than %d bytes", maxJSON)
	case !utf8.Valid(raw):
		return errors.New("it is not valid UTF-8")
	case !json.Valid(raw):
		return errors.New("it is not valid JSON")
	}
	w := walker{rest: raw}
	return w.value(0)
}

// walker goes once over text that is known to be JSON, without making values of it.
type walker struct{ rest []byte }

// next skips to the next character that is neither a blank, a comma nor a colon, and returns it.
func (w *walker) next() byte {
	for {
		switch c := w.rest[0]; c {
		case ' ', '\t', '\r', '\n', ',', ':':
			w.rest = w.rest[1:]
		default:
			return c
		}
	}
}

// value passes one value.
func (w *walker) value(depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	}
	switch w.next() {
	case '{':
		return w.object(depth)
	case '[':
		w.rest = w.rest[1:]
		for w.next() != ']' {
			if err := w.value(depth + 1); err != nil {
				return err
			}
		}
		w.rest = w.rest[1:]
		return nil
	case '"':
		_, err := w.text()
		return err
	}
	end := slices.IndexFunc(w.rest, func(c byte) bool { return c <= ' ' || c == ',' || c == ']' || c == '}' })
	if end < 0 {
		end = len(w.rest)
	}
	w.rest = w.rest[end:]
	return nil
}

// few is up to how many names of an object are compared one by one.
const few = 16

func (w *walker) object(depth int) error {
	var names [few][]byte
	var many map[string]bool
	w.rest = w.rest[1:]
	for count := 0; w.next() != '}'; count++ {
		name, err := w.text()
		if err != nil {
			return err
		}
		twice := false
		switch {
		case count < few:
			twice = slices.ContainsFunc(names[:count], func(other []byte) bool { return string(other) == string(name) })
			names[count] = name
		case count == few:
			many = make(map[string]bool, 2*few)
			for _, other := range names {
				many[string(other)] = true
			}
			fallthrough
		default:
			twice = many[string(name)]
			many[string(name)] = true
		}
		if twice {
			return fmt.Errorf("it has the member %.64q twice", name)
		}
		if err := w.value(depth + 1); err != nil {
			return err
		}
	}
	w.rest = w.rest[1:]
	return nil
}

// text passes a string and returns what is between its quotes, as it reads. A NUL can only stand there escaped.
func (w *walker) text() ([]byte, error) {
	end, escaped := 1, false
	for ; w.rest[end] != '"'; end++ {
		if w.rest[end] == '\\' {
			end, escaped = end+1, true
		}
	}
	quoted := w.rest[:end+1]
	w.rest = w.rest[end+1:]
	if !escaped {
		return quoted[1:end], nil
	}
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return nil, errors.New("it is not valid JSON")
	}
	text := []byte(s)
	if slices.Contains(text, 0) {
		return nil, errors.New("it has a NUL character")
	}
	return text, nil
}
