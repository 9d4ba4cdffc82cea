package flowtest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cordboard/cordboard/core/internal/expr"
	"github.com/cordboard/cordboard/core/internal/flow"
)

// want reports a value of another kind than is wanted.
func (r *reader) want(n flow.Node, path, kind, remedy string) {
	if !n.Reported() {
		r.problems.Report(n, path, remedy, "%s is wanted here, not %s", kind, n.Is())
	}
}

// object reports whether a value is an object, and the keys that it may not have.
func (r *reader) object(n flow.Node, path string, names ...string) bool {
	keys, ok := n.Members()
	if !ok {
		r.want(n, path, "an object", "write an object with "+strings.Join(names, ", "))
		return false
	}
	for key, at := range keys {
		if slices.Contains(names, key) {
			continue
		}
		remedy := expr.DidYouMean(key, names)
		if remedy == "" {
			remedy = "the fields here are " + strings.Join(names, ", ")
		}
		r.problems.Report(at, strings.TrimPrefix(path+"."+key, "."), remedy, "there is no such field")
	}
	return true
}

// list returns what a list holds; one that is left out holds nothing.
func (r *reader) list(n flow.Node, path string) ([]flow.Node, bool) {
	items, ok := n.Items()
	if !ok && n.There() {
		r.want(n, path, "a list", "begin each item with a hyphen, or write [] for none")
	}
	return items, ok
}

// text returns a text; one that is left out is empty.
func (r *reader) text(n flow.Node, path string) string {
	s, ok := n.Text()
	if !ok && n.There() {
		r.want(n, path, "text", "put it in quotes")
	}
	return s
}

func (r *reader) texts(n flow.Node, path string) []string {
	items, _ := r.list(n, path)
	var texts []string
	for i, item := range items {
		texts = append(texts, r.text(item, fmt.Sprintf("%s[%d]", path, i)))
	}
	return texts
}

// required returns a text that must be there.
func (r *reader) required(n flow.Node, path, key, remedy string) string {
	path = strings.TrimPrefix(path+"."+key, ".")
	value := n.Get(key)
	s := r.text(value, path)
	if _, isText := value.Text(); s == "" && (isText || !value.There()) {
		at := value
		if !value.There() {
			at = n
		}
		r.problems.Report(at, path, remedy, "is missing")
	}
	return s
}

// duration returns nil for one that is left out or wrong.
func (r *reader) duration(n flow.Node, path string) *time.Duration {
	if !n.There() {
		return nil
	}
	s, ok := n.Text()
	if !ok {
		r.want(n, path, "a duration", "write it as in 45s, 2h, 1h30m or 7d")
		return nil
	}
	d, err := expr.ParseDuration(s)
	switch {
	case err != nil:
		r.problems.Report(n, path, "write it as in 45s, 2h, 1h30m or 7d", "%q is not a duration", s)
		return nil
	case d < 0 || d > maxAfter:
		r.problems.Report(n, path, "", "must be between 0s and %s", expr.FormatDuration(maxAfter))
		return nil
	}
	return &d
}

// choice returns one of a few words; one that is left out is empty.
func (r *reader) choice(n flow.Node, path string, words []string) string {
	s := r.text(n, path)
	if _, isText := n.Text(); isText && !slices.Contains(words, s) {
		r.problems.Report(n, path, "write one of "+strings.Join(words, ", "), "%q is none of them", s)
	}
	return s
}

// stepOf returns the step that a member names.
func (r *reader) stepOf(n flow.Node, path, key string) string {
	value := n.Get(key)
	id := r.text(value, path+"."+key)
	if _, isText := value.Text(); isText {
		r.step(id, value, path+"."+key)
	}
	return id
}

// step remembers where a step is named, to be checked against the flow.
func (r *reader) step(id string, at flow.Node, path string) {
	r.file.steps = append(r.file.steps, namedStep{id, at, path})
}
