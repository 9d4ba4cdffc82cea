// Package storetest holds the one suite that every database under a store has to pass.
package storetest

import (
	"testing"

	"github.com/cordboard/cordboard/core/internal/store"
)

// Exercise runs the suite. open returns a store on an empty, migrated database of its own, closed when the test ends.
func Exercise(t *testing.T, open func(t *testing.T) *store.Store) {
	for _, cases := range []map[string]func(*testing.T, *world){
		commitCases, contactCases, eventCases, flowCases, historyCases, messageCases, requestCases, runCases, settingsCases, waitCases,
	} {
		for name, check := range cases {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				check(t, newWorld(t, open(t)))
			})
		}
	}
}
