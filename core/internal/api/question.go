package api

import (
	"time"

	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
)

// Questions tell how people answer.
type Questions struct {
	Since    time.Time  `json:"since"`
	Complete bool       `json:"complete" doc:"False when there were more waits than are looked at: then the figures are those of the newest."`
	Waits    int        `json:"waits" doc:"How many were looked at."`
	Items    []Question `json:"items" doc:"What was asked last comes first."`
}

// Question is one Customer Response step of a flow with how people answer it.
type Question struct {
	Flow      string     `json:"flow"`
	FlowTitle string     `json:"flow_title,omitempty"`
	Step      string     `json:"step"`
	Asked     int        `json:"asked"`
	Waits     WaitCounts `json:"waits" doc:"What became of them."`
	Decided   int        `json:"decided" doc:"Those that ended by what the contact did or left: replied, no_response and invalid."`
	Late      int        `json:"late" doc:"Contacts whose answer came after the deadline."`
	Rate      *float64   `json:"rate,omitempty" doc:"Replied among decided, from 0 to 1."`

	LimitSeconds float64 `json:"limit_seconds,omitempty" doc:"How long the contact asked last has to answer."`
	HalfSeconds  float64 `json:"half_seconds,omitempty" doc:"In which half of those who answer have answered, late ones included."`
	MostSeconds  float64 `json:"most_seconds,omitempty" doc:"In which 95% of those who answer have answered, late ones included."`

	Curve []AnswerPoint `json:"curve" doc:"How answers come in, late ones included: 200 points at most, from the first answer to the last."`
}

// AnswerPoint is a place on the curve of answers.
type AnswerPoint struct {
	Seconds float64 `json:"seconds" doc:"Since the time for the answer began."`
	Answers int     `json:"answers" doc:"How many had come by then."`
}

const curvePoints = 200

// QuestionOf shapes a question.
func QuestionOf(q inspect.Question) Question {
	out := Question{
		Flow: q.FlowName, FlowTitle: q.FlowTitle, Step: q.StepID, Waits: waitCounts(q.States), Decided: q.Decided(), Late: q.Late,
		LimitSeconds: q.Limit.Seconds(), HalfSeconds: q.By(0.5).Seconds(), MostSeconds: q.By(0.95).Seconds(), Curve: []AnswerPoint{},
	}
	for _, n := range q.States {
		out.Asked += n
	}
	if out.Decided > 0 {
		rate := float64(q.States[run.WaitReplied]) / float64(out.Decided)
		out.Rate = &rate
	}
	for _, p := range q.Curve(curvePoints) {
		out.Curve = append(out.Curve, AnswerPoint{Seconds: p.Time.Seconds(), Answers: p.Answers})
	}
	return out
}
