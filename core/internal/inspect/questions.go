package inspect

import (
	"math"
	"slices"
	"time"

	"github.com/cordboard/cordboard/core/internal/run"
)

// QuestionFilter says which waits are looked at.
type QuestionFilter struct {
	FlowID string    // empty: of every flow
	Since  time.Time // opened then or later
}

// Asked is one wait as far as it tells how people answer.
type Asked struct {
	FlowName  string
	FlowTitle string
	StepID    string
	State     run.WaitState
	From      time.Time // when the time for the answer began
	Deadline  time.Time
	AnswerAt  time.Time // when the reply, or else the first message that came too late, counts as said; zero if there is none
	Late      bool      // AnswerAt is of one that came too late
}

// Question is one Customer Response step with how people answer it (waits.md R19).
type Question struct {
	FlowName  string
	FlowTitle string
	StepID    string
	States    map[run.WaitState]int
	Late      int             // contacts who answered after the deadline
	Limit     time.Duration   // that the newest wait had; zero if its clock has not begun
	Times     []time.Duration // from the question to the answer, the shortest first; those of late answers too
}

// Questions gathers waits by flow and step. The newest wait comes first, and so does the question that was asked last.
func Questions(waits []Asked) []Question {
	var questions []Question
	for _, w := range waits {
		i := slices.IndexFunc(questions, func(q Question) bool { return q.FlowName == w.FlowName && q.StepID == w.StepID })
		if i < 0 {
			i = len(questions)
			questions = append(questions, Question{FlowName: w.FlowName, FlowTitle: w.FlowTitle, StepID: w.StepID, States: map[run.WaitState]int{}})
		}
		q := &questions[i]
		q.States[w.State]++
		if q.Limit == 0 && !w.From.IsZero() {
			q.Limit = w.Deadline.Sub(w.From)
		}
		if w.Late {
			q.Late++
		}
		if !w.AnswerAt.IsZero() && !w.From.IsZero() {
			q.Times = append(q.Times, max(w.AnswerAt.Sub(w.From), 0)) // an answer may come before the question's acceptance (R1)
		}
	}
	for _, q := range questions {
		slices.Sort(q.Times)
	}
	return questions
}

// Decided is how many waits ended by what the contact did or left: those a reply rate is made of.
func (q Question) Decided() int {
	return q.States[run.WaitReplied] + q.States[run.WaitNoResponse] + q.States[run.WaitInvalid]
}

// Within is how many contacts answered in less than that. A reply at the deadline is late (R5), and so it is here.
func (q Question) Within(limit time.Duration) int {
	n, _ := slices.BinarySearch(q.Times, limit)
	return n
}

// By is the time in which that share of those who answer has answered; zero if nobody has.
func (q Question) By(share float64) time.Duration {
	if len(q.Times) == 0 {
		return 0
	}
	i := int(math.Ceil(share*float64(len(q.Times)))) - 1
	return q.Times[min(max(i, 0), len(q.Times)-1)]
}

// Point is a place on the curve of answers: so many had come by then, it included.
type Point struct {
	Time    time.Duration
	Answers int
}

// Curve tells the answers as they come, in at most n points. With fewer answers than points none is left out.
func (q Question) Curve(n int) []Point {
	total := len(q.Times)
	points := make([]Point, 0, min(n, total))
	for i := range min(n, total) {
		answers := (i + 1) * total / min(n, total)
		points = append(points, Point{q.Times[answers-1], answers})
	}
	return points
}
