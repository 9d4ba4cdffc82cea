// Package storetest holds the one suite that every database under a store has to pass.
package storetest

import (
	"testing"

	"github.com/cordboard/cordboard/core/internal/store"
)

type cases = map[string]func(*testing.T, *world)

// Exercise runs the suite. open returns a store on an empty, migrated database of its own, closed when its test ends.
func Exercise(t *testing.T, open func(t *testing.T) *store.Store) {
	shared := open(t)
	for _, list := range []cases{
		auditCases, commitCases, contactCases, dateCases, eventCases, fieldCases, flowCases, historyCases, listCases, messageCases, outgoingCases, peopleCases, pollCases, questionCases, repairCases, repeatCases, requestCases, runCases, settingsCases, statsCases, waitCases,
	} {
		for name, check := range list {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				check(t, newWorld(t, shared)) // each in a workspace of its own
			})
		}
	}
	for _, list := range []cases{alarmCases, alertCases, backlogCases, closeCases, pruneCases} {
		for name, check := range list {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				check(t, newWorld(t, open(t)))
			})
		}
	}
}
