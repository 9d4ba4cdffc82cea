package flow

import "maps"

// trail is what is known at one place of a flow about the steps before it.
type trail struct {
	may   map[string]bool // can have run
	sure  map[string]bool // have run on every way here
	asked string          // the step whose message is the latest; empty when there is none or when it depends on the way
	split bool            // it depends on the way
	ended bool            // no way leads here
}

func (t trail) with(id string) trail {
	t.may, t.sure = maps.Clone(t.may), maps.Clone(t.sure)
	t.may[id], t.sure[id] = true, true
	return t
}

// merge joins the ways that lead out of a step's branches.
func merge(branches []trail) trail {
	out := trail{ended: true}
	for _, b := range branches {
		switch {
		case b.ended:
		case out.ended:
			out = trail{may: maps.Clone(b.may), sure: maps.Clone(b.sure), asked: b.asked, split: b.split}
		default:
			maps.Copy(out.may, b.may)
			maps.DeleteFunc(out.sure, func(id string, _ bool) bool { return !b.sure[id] })
			if out.asked != b.asked || b.split {
				out.asked, out.split = "", true
			}
		}
	}
	return out
}
