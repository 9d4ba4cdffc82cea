package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
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
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	return walk(dec, 0)
}

// walk reads one value.
func walk(dec *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("it is nested deeper than %d levels", maxDepth)
	}
	token, err := dec.Token()
	if err != nil {
		return errors.New("it is not valid JSON")
	}
	switch token {
	case json.Delim('{'):
		return members(dec, depth)
	case json.Delim('['):
		for dec.More() {
			if err := walk(dec, depth+1); err != nil {
				return err
			}
		}
		_, err = dec.Token()
		return err
	}
	return text(token)
}

func members(dec *json.Decoder, depth int) error {
	seen := make(map[string]bool)
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return errors.New("it is not valid JSON")
		}
		if err := text(token); err != nil {
			return err
		}
		name, _ := token.(string)
		if seen[name] {
			return fmt.Errorf("it has the member %.64q twice", name)
		}
		seen[name] = true
		if err := walk(dec, depth+1); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

func text(token json.Token) error {
	if s, ok := token.(string); ok && bytes.IndexByte([]byte(s), 0) >= 0 {
		return errors.New("it has a NUL character")
	}
	return nil
}
