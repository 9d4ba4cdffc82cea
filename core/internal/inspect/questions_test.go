package inspect_test

import (
	"testing"
	"time"

	"github.com/cordboard/cordboard/core/internal/inspect"
	"github.com/cordboard/cordboard/core/internal/run"
)

func TestQuestions(t *testing.T) {
	t.Parallel()
	asked := time.Date(2026, 5, 6, 12, 0, 0, 0, time.UTC)
	wait := func(state run.WaitState, limit, answer time.Duration) inspect.Asked {
		w := inspect.Asked{FlowName: "verify", StepID: "answer", State: state, From: asked, Deadline: asked.Add(limit)}
		if answer != 0 {
			w.AnswerAt, w.Late = asked.Add(answer), state != run.WaitReplied
		}
		return w
	}
	questions := inspect.Questions([]inspect.Asked{
		{FlowName: "verify", StepID: "answer", State: run.WaitOpen}, // its clock has not begun
		wait(run.WaitReplied, 2*time.Hour, 30*time.Minute),
		wait(run.WaitNoResponse, time.Hour, 3*time.Hour),
		wait(run.WaitNoResponse, time.Hour, 0),
		wait(run.WaitUndelivered, time.Hour, 0),
		wait(run.WaitReplied, time.Hour, -time.Minute), // answered before the provider had answered us
		{FlowName: "other", StepID: "answer", State: run.WaitReplied, From: asked, Deadline: asked.Add(time.Hour), AnswerAt: asked.Add(time.Second)},
	})
	if len(questions) != 2 || questions[1].FlowName != "other" {
		t.Fatalf("got %+v", questions)
	}
	q := questions[0]
	if q.Decided() != 4 || q.Late != 1 || q.States[run.WaitUndelivered] != 1 || q.States[run.WaitOpen] != 1 {
		t.Errorf("got %+v", q)
	}
	if q.Limit != 2*time.Hour {
		t.Errorf("the limit is %v, not that of the newest wait whose clock has begun", q.Limit)
	}
	for limit, want := range map[time.Duration]int{0: 0, time.Second: 1, 30 * time.Minute: 1, 31 * time.Minute: 2, 3 * time.Hour: 2, 4 * time.Hour: 3} {
		if got := q.Within(limit); got != want {
			t.Errorf("within %v: %d, want %d", limit, got, want)
		}
	}
}

func TestTimesToAnswer(t *testing.T) {
	t.Parallel()
	var q inspect.Question
	if q.By(0.95) != 0 || len(q.Curve(10)) != 0 {
		t.Error("nobody has answered")
	}
	for i := range 100 {
		q.Times = append(q.Times, time.Duration(i+1)*time.Minute)
	}
	for share, want := range map[float64]time.Duration{0.5: 50 * time.Minute, 0.95: 95 * time.Minute, 1: 100 * time.Minute, 0: time.Minute} {
		if got := q.By(share); got != want {
			t.Errorf("%v have answered by %v, want %v", share, got, want)
		}
	}
	for n, first := range map[int]inspect.Point{4: {Time: 25 * time.Minute, Answers: 25}, 200: {Time: time.Minute, Answers: 1}} {
		curve := q.Curve(n)
		if len(curve) != min(n, 100) || curve[0] != first || curve[len(curve)-1] != (inspect.Point{Time: 100 * time.Minute, Answers: 100}) {
			t.Errorf("in %d points: %v", n, curve)
		}
	}
}
