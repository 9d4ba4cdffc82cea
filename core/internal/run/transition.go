package run

import "slices"

// moves lists each legal change of a run's status. What has succeeded or was cancelled never moves; what has failed can
// be taken up again, by a Retry and by nothing else.
var moves = map[Status][]Status{
	Queued:  {Queued, Running, Waiting, Succeeded, Failed, Cancelled}, // to itself: on another version
	Running: {Running, Waiting, Succeeded, Failed, Cancelled},
	Waiting: {Running, Waiting, Succeeded, Failed, Cancelled},
	Failed:  {Running, Waiting, Succeeded, Failed},
}

// May reports whether a run may go from one status to another.
func May(from, to Status) bool { return slices.Contains(moves[from], to) }
