package main

import "testing"

// TestGuardsStandWhereTheyAreLookedFor: code moves, and a guard that can't be switched off shows nothing.
func TestGuardsStandWhereTheyAreLookedFor(t *testing.T) {
	t.Parallel()
	for _, g := range guards {
		if _, _, err := g.mutant(".."); err != nil {
			t.Errorf("%s: %v", g.name, err)
		}
	}
}
