package run

import "slices"

// moves lists each legal change of a run's status. Ended runs never move.
var moves = map[Status][]Status{
	Queued:  {Running, Waiting, Succeeded, Failed, Cancelled},
	Running: {Running, Waiting, Succeeded, Failed, Cancelled},
	Waiting: {Running, Waiting, Succeeded, Failed, Cancelled},
}

// May reports whether a run may go from one status to another.
func May(from, to Status) bool { return slices.Contains(moves[from], to) }
