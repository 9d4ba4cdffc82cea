// Package list says which part of a list is wanted.
package list

// Page is a part of a list. Ids sort by time, so a page begins behind the last id of the one before it, and the
// hundredth costs no more than the first.
type Page struct {
	After string // the last id of the page before; empty for the first
	Limit int    // DefaultLimit if zero, MaxLimit at most
}

// Limits of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 200
)

// Size is how many entries the page holds at most.
func (p Page) Size() int {
	if p.Limit <= 0 {
		return DefaultLimit
	}
	return min(p.Limit, MaxLimit)
}
