package flow

import (
	"slices"
	"strings"
)

// unserved lists what the document's language has and the engine does not carry out. Accepting it would promise a
// customer something that does not happen. Once the engine does it, its row goes.
var unserved = []struct {
	kind    Kind // empty: of the document itself
	keys    []string
	serves  []string // the values that are carried out; none: leave the field out
	because string   // what happens instead
}{
	{KindCustomerResponse, []string{"customer_response", "on_takeover"}, []string{"continue", "cancel"}, "there is nobody yet who would end the pause"},
}

// refuse reports what is not carried out, unless it is wrong anyway.
func (d *Document) refuse(kind Kind, n *node, path string) {
	for _, u := range unserved {
		value, at := n.find(u.keys...), join(path, strings.Join(u.keys, "."))
		wrong := func(p Problem) bool { return p.Path == at }
		if slices.ContainsFunc(d.problems, wrong) || u.kind != kind || value == nil || value.kind == textNode && slices.Contains(u.serves, value.text) {
			continue
		}
		remedy := "leave it out"
		if len(u.serves) > 0 {
			remedy = "use " + strings.Join(u.serves, " or ") + ", or leave it out"
		}
		d.problems.report(value, at, remedy, "is not carried out: %s", u.because)
	}
}
